using Npgsql;
using Tiebreak.Races.Wire;
using Tiebreak.Testing;

namespace Tiebreak.Races.Tests.Wire;

/// <summary>A gate in front of a database with one table, and a client of it.</summary>
public abstract class RelayTests(PostgresCluster cluster)
{
    protected PostgresCluster Cluster => cluster;

    protected static readonly IReadOnlySet<string> NoFunctions = new HashSet<string>(StringComparer.Ordinal);
    protected static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    private protected async Task<(string Database, ActorRelay Relay, NpgsqlDataSource Source)> OpenAsync(string options = "", params string[] schema)
    {
        var database = await cluster.CreateDatabaseAsync();
        await using var direct = NpgsqlDataSource.Create(database);
        foreach (var sql in schema.Prepend("CREATE TABLE stock (id int PRIMARY KEY, units int)"))
        {
            await using var create = direct.CreateCommand(sql);
            await create.ExecuteNonQueryAsync(Ct);
        }

        var relay = ActorRelay.Start(database, 0, NoFunctions);
        var source = NpgsqlDataSource.Create(relay.ConnectionString + ";" + options);
        await using (await source.OpenConnectionAsync(Ct))
        {
        }

        return (database, relay, source);
    }

    protected static async Task<int> RunAsync(NpgsqlConnection connection, string sql, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return await command.ExecuteNonQueryAsync(Ct).WaitAsync(Bound, Ct);
    }
}
