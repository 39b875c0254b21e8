using Npgsql;
using Tiebreak.Races.Findings;
using Tiebreak.Testing;

namespace Tiebreak.Races.Tests.Exploring;

/// <summary>Tables and rows that code makes: migrations and seeds.</summary>
public sealed class SetUpCodeTests(PostgresCluster cluster)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Migrations_and_seeds_in_code_set_the_stage_and_what_was_opened_is_disposed()
    {
        var opened = new List<NpgsqlDataSource>();
        NpgsqlDataSource Open(string database)
        {
            opened.Add(NpgsqlDataSource.Create(database));
            return opened[^1];
        }

        var report = await Race.On(cluster.Server.ConnectionString)
            .Schema(Open, source => ExecuteAsync(source, "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL)"))
            .Given(async (database, ct) =>
            {
                await using var source = NpgsqlDataSource.Create(database);
                await ExecuteAsync(source, "INSERT INTO t VALUES (1, 0)");
            })
            .Actor("a", (NpgsqlDataSource source, CancellationToken ct) => ReadThenWriteAsync(source))
            .Actor("b", (NpgsqlDataSource source, CancellationToken ct) => ReadThenWriteAsync(source))
            .TryFixes(false)
            .ExploreAsync(Ct);

        Assert.Equal(Verdict.Broken, report.Verdict);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await Assert.Single(opened).OpenConnectionAsync(Ct));
    }

    [Fact]
    public async Task Code_that_fails_is_told_in_a_sentence()
    {
        var race = Race.On(cluster.Server.ConnectionString).Schema((_, _) => throw new InvalidOperationException("no migrations here"))
            .Actor("a", _ => Task.FromResult<object?>(1)).Actor("b", _ => Task.FromResult<object?>(1));

        var error = await Assert.ThrowsAsync<RaceException>(() => race.ExploreAsync(Ct));

        Assert.Equal("The code of the schema failed: InvalidOperationException: no migrations here", error.Message);
    }

    private static async Task<object?> ReadThenWriteAsync(NpgsqlDataSource source)
    {
        await using var read = source.CreateCommand("SELECT n FROM t");
        var n = (int)(await read.ExecuteScalarAsync(Ct))!;
        await ExecuteAsync(source, $"UPDATE t SET n = {n + 1}");
        return n;
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Ct);
    }
}
