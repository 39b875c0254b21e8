using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Tiebreak.Server.Points;

/// <summary>Why points came or went. Stored as its number.</summary>
internal enum EntryKind : short
{
    Earn = 1,
    Spend = 2,
    TransferOut = 3,
    TransferIn = 4,
}

/// <summary>
/// One change of an account's points, for good. Its number is part of its key, so that the database itself cannot hold
/// two changes that were made of one balance. It is also the idempotency record of the earn or spend that made it.
/// </summary>
internal sealed class Entry
{
    /// <summary>The shard key.</summary>
    public required string AccountId { get; init; }

    /// <summary>1 for the account's first entry, then without a gap.</summary>
    public required long Sequence { get; init; }

    public required Guid Id { get; init; }

    public required EntryKind Kind { get; init; }

    /// <summary>Negative when they went.</summary>
    public required long Points { get; init; }

    public required long BalanceAfter { get; init; }

    public string? Reason { get; init; }

    /// <summary>The program that gave the points; none when they were given directly.</summary>
    public string? ProgramId { get; init; }

    /// <summary>The day that they count for under the program.</summary>
    public DateOnly? EarnedOn { get; init; }

    /// <summary>What each of the program's rules gave.</summary>
    public IReadOnlyList<RuleShare>? Breakdown { get; init; }

    /// <summary>The same on both sides of a transfer.</summary>
    public Guid? TransferId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public string? IdempotencyKey { get; init; }

    public byte[]? PayloadHash { get; init; }

    private sealed class Mapping : IEntityTypeConfiguration<Entry>
    {
        public void Configure(EntityTypeBuilder<Entry> builder)
        {
            builder.ToTable("entries", table =>
            {
                table.HasCheckConstraint("entries_balance_after", "balance_after BETWEEN 0 AND 9007199254740991");
                table.HasCheckConstraint("entries_program", "(program_id IS NULL) = (earned_on IS NULL) AND (program_id IS NULL) = (breakdown IS NULL)");
            });
            builder.HasKey(entry => new { entry.AccountId, entry.Sequence });
            builder.Property(entry => entry.Sequence).ValueGeneratedNever();
            builder.Property(entry => entry.Breakdown).HasColumnType("jsonb").HasConversion(
                shares => JsonSerializer.Serialize(shares!, PointsJson.Default.IReadOnlyListRuleShare),
                json => JsonSerializer.Deserialize(json, PointsJson.Default.IReadOnlyListRuleShare),
                ValueComparer.CreateDefault<IReadOnlyList<RuleShare>>(favorStructuralComparisons: false));
            builder.HasIndex(entry => new { entry.AccountId, entry.Kind, entry.IdempotencyKey }).IsUnique().HasFilter("idempotency_key IS NOT NULL").HasDatabaseName("entries_idempotency_key");
        }
    }
}
