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
        await transaction.RollbackAsync();

        (await underWay).Expect(200);
        await stop;
    }

    private static async Task<bool> IsAnyoneWaitingAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand("SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')");
        return (bool)(await command.ExecuteScalarAsync())!;
    }
}
