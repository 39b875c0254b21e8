using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Tiebreak.Server.Points;

/// <summary>A list of rules that turn facts into points. There are few of them, and none is ever removed.</summary>
internal sealed class PointsProgram
{
    /// <summary>The caller's id.</summary>
    public required string Id { get; init; }

    /// <summary>In the order in which they are applied. Replaced as a whole.</summary>
    public required IReadOnlyList<PointsRule> Rules { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; set; }

    private sealed class Mapping : IEntityTypeConfiguration<PointsProgram>
    {
        public void Configure(EntityTypeBuilder<PointsProgram> builder)
        {
            builder.ToTable("programs");
            builder.HasKey(program => program.Id);
            builder.Property(program => program.Rules).HasColumnType("jsonb").HasConversion(
                rules => JsonSerializer.Serialize(rules, PointsJson.Default.IReadOnlyListPointsRule),
                json => JsonSerializer.Deserialize(json, PointsJson.Default.IReadOnlyListPointsRule)!,
                ValueComparer.CreateDefault<IReadOnlyList<PointsRule>>(favorStructuralComparisons: false));
        }
    }
}
