namespace PointsScoring;

/// <summary>Creates the tables in an empty database. An application would have a migration.</summary>
internal static class Setup
{
    public static async Task<int> RunAsync(Scoring scoring, CancellationToken ct)
    {
        await using var db = scoring.CreateDbContext();
        Console.WriteLine(await db.Database.EnsureCreatedAsync(ct) ? "created the tables" : "the database has tables already");
        return 0;
    }
}
