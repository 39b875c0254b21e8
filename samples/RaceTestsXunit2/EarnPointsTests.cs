using Npgsql;
using Tiebreak.Races;
using Tiebreak.Races.Findings;
using Xunit;

namespace RaceTestsXunit2;

/// <summary>Two tills add points to one account at once, in every relevant order of their SQL.</summary>
public sealed class EarnPointsTests
{
    private const string InOneStatement = "UPDATE accounts SET points = points + $1 WHERE id = 1";

    private static readonly Race Accounts = Race.OnPrivatePostgres()
        .Schema("CREATE TABLE accounts (id int PRIMARY KEY, points int NOT NULL)")
        .Given("INSERT INTO accounts VALUES (1, 0)");

    [Fact]
    public async Task No_points_are_lost_in_one_statement()
    {
        var report = await Accounts
            .Actor("alice", database => RunAsync(database, InOneStatement, 5))
            .Actor("bob", database => RunAsync(database, InOneStatement, 7))
            .ExploreAsync();
        report.ThrowUnlessHolds();
    }

    [Fact]
    public async Task Points_that_were_read_first_are_lost()
    {
        var report = await Accounts
            .Actor("alice", database => ReadThenWriteAsync(database, 5))
            .Actor("bob", database => ReadThenWriteAsync(database, 7))
            .ExploreAsync();
        Assert.Equal(Verdict.Broken, report.Verdict);
    }

    private static async Task<object?> ReadThenWriteAsync(string database, int points)
    {
        var before = (int)(await RunAsync(database, "SELECT points FROM accounts WHERE id = 1"))!;
        return await RunAsync(database, "UPDATE accounts SET points = $1 WHERE id = 1", before + points);
    }

    private static async Task<object?> RunAsync(string database, string sql, params object[] values)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return await command.ExecuteScalarAsync();
    }
}
