using Npgsql;
using Tiebreak.Server.Tests.Support;
using Tiebreak.Testing;

namespace Tiebreak.Server.Tests.Restarts;

public sealed class ShutdownTests(PostgresCluster cluster)
{
    [Fact]
    public async Task A_request_under_way_is_finished_and_a_new_one_is_told_to_come_back()
    {
        var connectionString = await cluster.CreateDatabaseAsync("shutdown");
        await using var server = await ServerUnderTest.StartAsync(connectionString, configure: builder => builder.Configuration["Guard:LockWait"] = "00:00:20");
        var groupId = (await server.Api.PostAsync("/v1/groups", new { name = "Chess" })).Expect(201).String("id");
        (await server.Api.PostAsync($"/v1/groups/{groupId}/invites", new { maxUses = 1, code = "CLOSING" })).Expect(201);

        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var holder = await source.OpenConnectionAsync();
        await using var transaction = await holder.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand("SELECT 1 FROM invites WHERE code = 'CLOSING' FOR UPDATE", holder, transaction))
        {
            await hold.ExecuteNonQueryAsync();
        }

        var underWay = server.Api.PostAsync("/v1/invites/CLOSING/accept", new { userId = "ada" });
        await Eventually.TrueAsync(() => IsAnyoneWaitingAsync(source), "the accept waits for the lock");
        var stop = server.StopAsync();
        await Eventually.TrueAsync(async () => (await server.Api.GetAsync("/v1/groups")).Code == "shutting-down", "new requests are refused");
        var refused = (await server.Api.GetAsync("/v1/groups")).Expect(503);
        Assert.Equal(("close", "5"), (refused.Headers["Connection"], refused.Headers["Retry-After"]));
        (await server.Api.GetAsync("/health/live")).Expect(200);
        Assert.False(underWay.IsCompleted);
        Assert.False(stop.IsCompleted);
        await transaction.RollbackAsync();

        (await underWay).Expect(200);

        // The bound of the wait is longer: the end comes with the last request's.
        await stop.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_signal_lets_the_request_under_way_finish_before_the_program_ends()
    {
        var connectionString = await cluster.CreateDatabaseAsync("signal");
        var address = $"http://127.0.0.1:{FreePort.Find()}";
        using var api = new ApiClient(new Uri(address));
        await using var server = ServerProcess.Start("--urls", address, "--ConnectionStrings:Tiebreak", connectionString, "--Guard:LockWait", "00:00:20");
        await server.UntilReadyAsync(api);
        var groupId = (await api.PostAsync("/v1/groups", new { name = "Chess" })).Expect(201).String("id");
        (await api.PostAsync($"/v1/groups/{groupId}/invites", new { maxUses = 1, code = "CLOSING" })).Expect(201);
        await using var source = NpgsqlDataSource.Create(connectionString);

        Task<ApiAnswer> underWay;
        await using (await HeldRows.TakeAsync(connectionString, "invites", "code", "CLOSING"))
        {
            underWay = api.PostAsync("/v1/invites/CLOSING/accept", new { userId = "ada" });
            await Eventually.TrueAsync(() => IsAnyoneWaitingAsync(source), "the accept waits for the lock");
            server.Terminate();
            await Eventually.TrueAsync(async () => (await api.GetAsync("/v1/groups")).Kind == "503 shutting-down", "new requests are refused");
        }

        (await underWay).Expect(200);
        Assert.Equal(0, await server.UntilEndAsync());
        await using var uses = source.CreateCommand("SELECT count(*) FROM invite_uses WHERE code = 'CLOSING'");
        Assert.Equal(1L, await uses.ExecuteScalarAsync());
    }

    private static async Task<bool> IsAnyoneWaitingAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand("SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')");
        return (bool)(await command.ExecuteScalarAsync())!;
    }
}
