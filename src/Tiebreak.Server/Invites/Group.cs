using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Tiebreak.Server.Invites;

/// <summary>What people are invited to. Never changes; its members are counted by its invites.</summary>
internal sealed class Group
{
    public required Guid Id { get; init; }

    public required string Name { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    private sealed class Mapping : IEntityTypeConfiguration<Group>
    {
        public void Configure(EntityTypeBuilder<Group> builder)
        {
            builder.ToTable("groups");
            builder.HasKey(group => group.Id);
            builder.Property(group => group.Id).ValueGeneratedNever();
        }
    }
}
