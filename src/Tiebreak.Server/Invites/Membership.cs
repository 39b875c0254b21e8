using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Tiebreak.Server.Invites;

/// <summary>
/// The one group that a user is in. The user is the whole key: a second membership cannot exist, on however many
/// invites it is tried at once.
/// </summary>
internal sealed class Membership
{
    /// <summary>The caller's id of the person. The shard key.</summary>
    public required string UserId { get; init; }

    public required Guid GroupId { get; init; }

    /// <summary>The invite that let the user in.</summary>
    public required string Code { get; init; }

    public required int Generation { get; init; }

    public required DateTimeOffset JoinedAt { get; init; }

    private sealed class Mapping : IEntityTypeConfiguration<Membership>
    {
        public void Configure(EntityTypeBuilder<Membership> builder)
        {
            builder.ToTable("memberships");
            builder.HasKey(membership => membership.UserId);
            builder.HasIndex(membership => new { membership.GroupId, membership.JoinedAt, membership.UserId }).HasDatabaseName("memberships_by_group");
        }
    }
}
