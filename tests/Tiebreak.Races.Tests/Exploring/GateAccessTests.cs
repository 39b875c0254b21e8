using System.Net;
using System.Net.Sockets;
using Npgsql;
using Tiebreak.Testing;

namespace Tiebreak.Races.Tests.Exploring;

/// <summary>Who may come in through a gate, and with which rights.</summary>
public sealed class GateAccessTests(PostgresCluster cluster)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private Race Counter => Race.On(cluster.Server.ConnectionString).Schema("CREATE TABLE t (id int, n int)").Given("INSERT INTO t VALUES (1, 0)");

    [Fact]
    public async Task Somebody_else_who_does_not_know_the_password_is_refused()
    {
        var refused = new List<string?>();
        var report = await Both(Counter, async database =>
        {
            foreach (var password in new[] { "any", "", null })
            {
                var error = await Assert.ThrowsAnyAsync<NpgsqlException>(() => ScalarAsync(With(database, password), "SELECT 1"));
                refused.Add((error as PostgresException)?.SqlState ?? "no password");
            }

            return await ScalarAsync(database, "UPDATE t SET n = n + 1 RETURNING 1");
        }).ExploreAsync(Ct);

        report.ThrowUnlessHolds();
        Assert.Contains("28P01", refused);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_gate_leads_in_as_a_superuser_only_where_that_was_asked_for(bool superuser)
    {
        var isSuperuser = new List<object?>();
        var race = superuser ? Counter.Superuser() : Counter;
        var report = await Both(race, async database =>
        {
            isSuperuser.Add(await ScalarAsync(database, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"));
            return await ScalarAsync(database, "UPDATE t SET n = n + 1 RETURNING 1");
        }).ExploreAsync(Ct);

        report.ThrowUnlessHolds();
        Assert.All(isSuperuser, seen => Assert.Equal(superuser, seen));
    }

    [Fact]
    public async Task No_program_of_the_server_is_run_through_a_gate()
    {
        var states = new List<string>();
        await Both(Counter, async database =>
        {
            var error = await Assert.ThrowsAsync<PostgresException>(() => ScalarAsync(database, "COPY t TO PROGRAM 'cat >/dev/null'"));
            states.Add(error.SqlState);
            return await ScalarAsync(database, "UPDATE t SET n = n + 1 RETURNING 1");
        }).ExploreAsync(Ct);

        Assert.NotEmpty(states);
        Assert.All(states, state => Assert.Equal("42501", state));
    }

    [Fact]
    public async Task A_port_that_is_listened_on_asks_for_its_password_if_it_has_one()
    {
        int port;
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            port = ((IPEndPoint)free.LocalEndpoint).Port;
        }

        var refused = 0;
        async Task<object?> AddAsync(string database)
        {
            await Assert.ThrowsAsync<PostgresException>(() => ScalarAsync($"Host=127.0.0.1;Port={port};Username=u;Password=guess;Database=d;Pooling=false", "SELECT 1"));
            refused++;
            return await ScalarAsync($"Host=127.0.0.1;Port={port};Username=u;Password=known;Database=d;Pooling=false", "UPDATE t SET n = n + 1 RETURNING 1");
        }

        var report = await Counter.Actor("a", AddAsync).Listen("a", port, "known").Actor("b", database => ScalarAsync(database, "UPDATE t SET n = n + 1 RETURNING 1")).ExploreAsync(Ct);

        report.ThrowUnlessHolds();
        Assert.NotEqual(0, refused);
    }

    [Fact]
    public async Task Nothing_of_an_exploration_stays_on_the_server()
    {
        string? role = null;
        await Both(Counter, async database => await ScalarAsync(database, "UPDATE t SET n = n + 1 RETURNING 1") is var answer && (role ??= (string?)await ScalarAsync(database, "SELECT current_user")) is not null ? answer : null).ExploreAsync(Ct);
        var own = await cluster.CreateDatabaseAsync();

        Assert.StartsWith("tiebreak_race_", role, StringComparison.Ordinal);
        Assert.Equal(0L, await ScalarAsync(own, $"SELECT (SELECT count(*) FROM pg_roles WHERE rolname = '{role}') + (SELECT count(*) FROM pg_database WHERE datname = '{role}')"));
    }

    private static Race Both(Race race, Func<string, Task<object?>> run) => race.Actor("a", run).Actor("b", run);

    private static string With(string database, string? password) => new NpgsqlConnectionStringBuilder(database) { Password = password, Pooling = false }.ConnectionString;

    private static async Task<object?> ScalarAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(Ct);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Ct);
    }
}
