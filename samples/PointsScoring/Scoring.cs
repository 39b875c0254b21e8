using Microsoft.EntityFrameworkCore;
using Tiebreak;

namespace PointsScoring;

/// <summary>Contexts on the database that the command line or the environment names.</summary>
internal sealed class Scoring(string connectionString) : IDbContextFactory<ScoringContext>
{
    public const string Queue = "points";
    public const string Variable = "POINTS_DATABASE";

    private readonly DbContextOptions<ScoringContext> _options =
        new DbContextOptionsBuilder<ScoringContext>().UseNpgsql(connectionString).UseTiebreak().Options;

    public static Scoring Connect(Arguments arguments) => new(
        arguments.Text("connection") ?? Environment.GetEnvironmentVariable(Variable)
        ?? throw new InvalidOperationException($"Which database? Give --connection, or set {Variable}. The command database starts a private one."));

    public ScoringContext CreateDbContext() => new(_options);
}
