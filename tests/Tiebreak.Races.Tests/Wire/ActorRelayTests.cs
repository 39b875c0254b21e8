using Npgsql;
using Tiebreak.Races.Traces;
using Tiebreak.Races.Wire;
using Tiebreak.Testing;

namespace Tiebreak.Races.Tests.Wire;

/// <summary>What a client sees through a gate, and what the gate holds.</summary>
public sealed class ActorRelayTests(PostgresCluster cluster)
{
    private static readonly IReadOnlySet<string> NoFunctions = new HashSet<string>(StringComparer.Ordinal);

    [Fact]
    public async Task Statement_outside_a_transaction_waits_twice_and_answers_after_its_commit()
    {
        var database = await cluster.CreateDatabaseAsync();
        await using (var direct = NpgsqlDataSource.Create(database))
        {
            await using var create = direct.CreateCommand("CREATE TABLE stock (id int PRIMARY KEY, units int)");
            await create.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        await using var relay = ActorRelay.Start(database, 0, NoFunctions);
        await using var source = NpgsqlDataSource.Create(relay.ConnectionString);
        await using var connection = await source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        relay.BeginRun(new GateSettings());
        await using var command = new NpgsqlCommand("INSERT INTO stock VALUES (1, 5)", connection);
        var inserting = command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        var statement = await relay.NextAsync(TestContext.Current.CancellationToken);
        Assert.Equal(StepKind.Statement, statement.Kind);
        Assert.Equal("INSERT 0 1", (await statement.ReleaseAsync()).Tag);
        var commit = await relay.NextAsync(TestContext.Current.CancellationToken);
        Assert.Equal(StepKind.Commit, commit.Kind);
        Assert.False(inserting.IsCompleted);
        await commit.ReleaseAsync();
        Assert.Equal(1, await inserting);
    }
}
