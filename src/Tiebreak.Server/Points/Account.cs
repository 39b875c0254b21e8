using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Tiebreak.Server.Points;

/// <summary>
/// Somebody's points. The row is what every change of them locks, and it carries the counters of its entries, so that
/// no change ever reads what was there before.
/// </summary>
internal sealed class Account
{
    /// <summary>The caller's id. The shard key.</summary>
    public required string Id { get; init; }

    /// <summary>The program whose rules turn facts into points, if any.</summary>
    public string? ProgramId { get; set; }

    /// <summary>The sum of the entries.</summary>
    public long Balance { get; set; }

    /// <summary>The sum of what was ever earned. Spending and transfers leave it alone.</summary>
    public long Lifetime { get; set; }

    /// <summary>How many entries there are, which is also the number of the newest one.</summary>
    public long Entries { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The time of the last decision that was written.</summary>
    public DateTimeOffset? DecidedAt { get; set; }

    private sealed class Mapping : IEntityTypeConfiguration<Account>
    {
        public void Configure(EntityTypeBuilder<Account> builder)
        {
            builder.ToTable("accounts", table =>
            {
                table.HasCheckConstraint("accounts_balance", "balance BETWEEN 0 AND 9007199254740991");
                table.HasCheckConstraint("accounts_lifetime", "lifetime BETWEEN 0 AND 9007199254740991");
                table.HasCheckConstraint("accounts_entries", "entries >= 0");
            });
            builder.HasKey(account => account.Id);
        }
    }
}
