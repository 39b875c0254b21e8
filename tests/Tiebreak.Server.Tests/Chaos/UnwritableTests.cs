using Npgsql;
using Tiebreak.Server.Tests.Support;
using Tiebreak.Testing;

namespace Tiebreak.Server.Tests.Chaos;

/// <summary>A database that answers and cannot write: calls are told to come back, readiness sends them elsewhere, until it can.</summary>
public sealed class UnwritableTests(PostgresCluster cluster)
{
    [Fact]
    public async Task A_database_that_is_read_only_since_a_failover_is_not_ready_until_it_writes_again()
    {
        var connectionString = await cluster.CreateDatabaseAsync("readonly");
        await using var server = await ServerUnderTest.StartAsync(connectionString);
        (await server.Api.PostAsync("/v1/accounts/ada/earn", new { points = 5 })).Expect(201);
        await SetReadOnlyAsync(connectionString, "on");

        // The connections that it had are gone with the primary that it was.
        await Eventually.TrueAsync(async () => (await server.Api.GetAsync("/health/ready")).Kind == "503 database-unavailable", "it is not ready");
        await Eventually.TrueAsync(async () => (await server.Api.GetAsync("/v1/accounts/ada")).Status == 200, "reads go on");
        var refused = await server.Api.PostAsync("/v1/accounts/ada/earn", new { points = 5 }, "later");
        Assert.Equal("503 database-unavailable", refused.Kind);
        Assert.True(refused.Headers.ContainsKey("Retry-After"));

        await SetReadOnlyAsync(connectionString, "off");
        await server.UntilReadyAsync();
        Assert.Equal(10, (await server.Api.PostAsync("/v1/accounts/ada/earn", new { points = 5 }, "later")).Expect(201).Number("balanceAfter"));
    }

    [Theory]
    [InlineData("53000")]
    [InlineData("53100")]
    [InlineData("53200")]
    [InlineData("53400")]
    [InlineData("58000")]
    [InlineData("58030")]
    [InlineData("25006")]
    public async Task A_write_that_the_server_has_no_means_for_is_503_and_leaves_nothing(string sqlState)
    {
        var connectionString = await cluster.CreateDatabaseAsync("means");
        await using var server = await ServerUnderTest.StartAsync(connectionString);
        (await server.Api.PostAsync("/v1/accounts/ada/earn", new { points = 5 })).Expect(201);
        await ExecuteAsync(connectionString, $"""
            CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no means' USING ERRCODE = '{sqlState}'; END $$;
            CREATE TRIGGER fail BEFORE INSERT ON entries FOR EACH ROW EXECUTE FUNCTION fail();
            """);

        var refused = await server.Api.PostAsync("/v1/accounts/ada/earn", new { points = 5 }, "later");

        Assert.Equal("503 database-unavailable", refused.Kind);
        Assert.True(refused.Headers.ContainsKey("Retry-After"));
        await ExecuteAsync(connectionString, "DROP TRIGGER fail ON entries");
        await server.UntilReadyAsync();
        Assert.Equal(10, (await server.Api.PostAsync("/v1/accounts/ada/earn", new { points = 5 }, "later")).Expect(201).Number("balanceAfter"));
    }

    [Fact]
    public async Task Where_no_further_connection_is_had_calls_are_told_to_come_back()
    {
        var connectionString = await cluster.CreateDatabaseAsync("slots");
        var database = new NpgsqlConnectionStringBuilder(connectionString).Database;
        await ExecuteAsync(connectionString, $"CREATE ROLE {database}_clerk LOGIN PASSWORD 'clerk' CONNECTION LIMIT 2; ALTER DATABASE {database} OWNER TO {database}_clerk");
        var clerk = new NpgsqlConnectionStringBuilder(connectionString) { Username = database + "_clerk", Password = "clerk" };
        await using var server = await ServerUnderTest.StartAsync(clerk.ConnectionString);

        var answers = await AtOnce.RunAsync(60, i => i % 2 == 0 ? server.Api.GetAsync("/v1/groups") : server.Api.PostAsync("/v1/accounts/ada/earn", new { points = 5 }));

        Assert.Superset(answers.Select(answer => answer.Kind).ToHashSet(StringComparer.Ordinal), new HashSet<string>(["200", "201", "503 database-unavailable"], StringComparer.Ordinal));
    }

    private static Task SetReadOnlyAsync(string connectionString, string value) => ExecuteAsync(connectionString, $"""
        ALTER DATABASE {new NpgsqlConnectionStringBuilder(connectionString).Database} SET default_transaction_read_only = {value};
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
        """);

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, Options = "-c default_transaction_read_only=off" }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
