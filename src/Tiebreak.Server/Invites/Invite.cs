using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Tiebreak.Server.Invites;

/// <summary>
/// A code that lets so many people into a group. A code that is used up or revoked may be given out again: that is the
/// next generation, a row of its own. Only the newest generation of a code can be active, and an inactive one stays so.
/// </summary>
internal sealed class Invite
{
    /// <summary>As written. The shard key.</summary>
    public required string Code { get; init; }

    /// <summary>1 for the first invite with this code, one more for each further one.</summary>
    public required int Generation { get; init; }

    public required Guid GroupId { get; init; }

    public required int MaxUses { get; init; }

    /// <summary>How many uses are recorded, kept in the transaction that records them.</summary>
    public int Uses { get; set; }

    /// <summary>How many of those who came in by this invite have left; uses less departures are members now.</summary>
    public int Departures { get; set; }

    /// <summary>Neither used up nor revoked. An expired invite keeps it: time passes without anyone writing.</summary>
    public bool IsActive { get; set; } = true;

    public DateTimeOffset? ExpiresAt { get; init; }

    public DateTimeOffset? RevokedAt { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The time of the last decision that was written.</summary>
    public DateTimeOffset? DecidedAt { get; set; }

    /// <summary>No decision is made earlier than this, whatever the clock does.</summary>
    public DateTimeOffset LastDecided => DecidedAt ?? CreatedAt;

    /// <summary>The invite's whole key as one text; a code has no colon.</summary>
    public string RecordId => string.Create(CultureInfo.InvariantCulture, $"{Code}:{Generation}");

    public static (string Code, int Generation) ParseRecordId(string recordId)
    {
        var colon = recordId.IndexOf(':', StringComparison.Ordinal);
        return (recordId[..colon], int.Parse(recordId.AsSpan(colon + 1), CultureInfo.InvariantCulture));
    }

    private sealed class Mapping : IEntityTypeConfiguration<Invite>
    {
        public void Configure(EntityTypeBuilder<Invite> builder)
        {
            builder.ToTable("invites", table =>
            {
                table.HasCheckConstraint("invites_uses", "uses >= 0 AND uses <= max_uses");
                table.HasCheckConstraint("invites_departures", "departures >= 0 AND departures <= uses");
                table.HasCheckConstraint("invites_active", "NOT is_active OR (uses < max_uses AND revoked_at IS NULL)");
            });
            builder.HasKey(invite => new { invite.Code, invite.Generation });
            builder.Property(invite => invite.Generation).ValueGeneratedNever();
            builder.Ignore(invite => invite.RecordId);
            builder.Ignore(invite => invite.LastDecided);
            builder.HasIndex(invite => invite.Code).IsUnique().HasFilter("is_active").HasDatabaseName("invites_active_code");
            builder.HasIndex(invite => new { invite.GroupId, invite.CreatedAt, invite.Code }).HasDatabaseName("invites_by_group");
        }
    }
}
