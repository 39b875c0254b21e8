using Tiebreak.Races;
using Tiebreak.Races.Findings;
using Xunit;

namespace RaceTests;

/// <summary>Two customers' tills add points to one account at once, in every relevant order of their SQL.</summary>
public sealed class EarnPointsTests
{
    private static readonly Race Accounts = Race.OnPrivatePostgres()
        .Schema("CREATE TABLE accounts (id int PRIMARY KEY, points int NOT NULL)")
        .Given("INSERT INTO accounts VALUES (1, 0)");

    [Fact]
    public async Task No_points_are_lost_behind_a_lock()
    {
        var report = await Accounts
            .Actor("alice", database => EarnAsync(EarnPoints.LockedAsync, database, 5))
            .Actor("bob", database => EarnAsync(EarnPoints.LockedAsync, database, 7))
            .ExploreAsync(TestContext.Current.CancellationToken);
        report.ThrowUnlessHolds();
    }

    [Fact]
    public async Task Points_are_lost_without_one()
    {
        var report = await Accounts
            .Actor("alice", database => EarnAsync(EarnPoints.NaiveAsync, database, 5))
            .Actor("bob", database => EarnAsync(EarnPoints.NaiveAsync, database, 7))
            .ExploreAsync(TestContext.Current.CancellationToken);
        Assert.Equal(Verdict.Broken, report.Verdict);
        Assert.Contains(report.Findings, finding => finding.Anomaly == Anomaly.LostUpdate);
    }

    private static async Task<object?> EarnAsync(Func<ShopContext, int, Task<int>> earnAsync, string database, int points)
    {
        await using var db = ShopContext.On(database);
        return await earnAsync(db, points);
    }
}
