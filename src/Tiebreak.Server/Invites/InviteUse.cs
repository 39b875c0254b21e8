using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Tiebreak.Server.Invites;

/// <summary>
/// One use of an invite, for good. Its number is part of its key, so that the database itself cannot hold two uses
/// that were counted as one. It is also the idempotency record of the request that made it.
/// </summary>
internal sealed class InviteUse
{
    public required string Code { get; init; }

    public required int Generation { get; init; }

    /// <summary>1 for the first use of the invite, then without a gap.</summary>
    public required int Number { get; init; }

    public required string UserId { get; init; }

    public required Guid GroupId { get; init; }

    public required DateTimeOffset AcceptedAt { get; init; }

    public string? IdempotencyKey { get; init; }

    public byte[]? PayloadHash { get; init; }

    private sealed class Mapping : IEntityTypeConfiguration<InviteUse>
    {
        public void Configure(EntityTypeBuilder<InviteUse> builder)
        {
            builder.ToTable("invite_uses");
            builder.HasKey(use => new { use.Code, use.Generation, use.Number });
            builder.Property(use => use.Number).ValueGeneratedNever();
            builder.HasIndex(use => new { use.Code, use.IdempotencyKey }).IsUnique().HasFilter("idempotency_key IS NOT NULL").HasDatabaseName("invite_uses_idempotency_key");
        }
    }
}
