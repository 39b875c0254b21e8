using Tiebreak.Server.Tests.Support;
using Tiebreak.Testing;

namespace Tiebreak.Server.Tests.Http;

/// <summary>Somebody holds the row that a call needs for longer than the call may wait.</summary>
public sealed class BusyTests(BusyTests.ImpatientServer server) : IClassFixture<BusyTests.ImpatientServer>
{
    private ApiClient Api => server.Api;

    [Fact]
    public async Task An_accept_whose_invite_is_held_is_busy_changes_nothing_and_succeeds_with_its_key_later()
    {
        var groupId = (await Api.PostAsync("/v1/groups", new { name = "Chess" })).Expect(201).String("id");
        (await Api.PostAsync($"/v1/groups/{groupId}/invites", new { maxUses = 5, code = "HELD" })).Expect(201);

        await AssertBusyAsync("invites", "code", "HELD", () => Api.PostAsync("/v1/invites/HELD/accept", new { userId = "ada" }, "held-accept"),
            "/v1/invites/HELD", "/v1/invites/HELD/uses", $"/v1/groups/{groupId}", $"/v1/groups/{groupId}/members");

        Assert.Equal(1, (await Api.GetAsync("/v1/invites/HELD")).Number("uses"));
        Assert.Equal(1, (await Api.GetAsync($"/v1/groups/{groupId}")).Number("members"));
    }

    [Fact]
    public async Task A_booking_whose_event_is_held_is_busy_changes_nothing_and_succeeds_with_its_key_later()
    {
        var eventId = (await Api.PostAsync("/v1/events", new { name = "Final", seats = new[] { "A1", "A2" } })).Expect(201).String("id");

        await AssertBusyAsync("events", "id", eventId, () => Api.PostAsync($"/v1/events/{eventId}/bookings", new { buyerId = "ada", seats = new[] { "A1" } }, "held-booking"),
            $"/v1/events/{eventId}", $"/v1/events/{eventId}/seats", $"/v1/events/{eventId}/bookings");

        Assert.Equal(1, (await Api.GetAsync($"/v1/events/{eventId}")).Number("booked"));
    }

    [Theory]
    [InlineData("earn", 140)]
    [InlineData("spend", 60)]
    public async Task A_change_whose_account_is_held_is_busy_changes_nothing_and_succeeds_with_its_key_later(string change, long balance)
    {
        var account = $"/v1/accounts/held-{change}";
        (await Api.PostAsync($"{account}/earn", new { points = 100 })).Expect(201);

        await AssertBusyAsync("accounts", "id", $"held-{change}", () => Api.PostAsync($"{account}/{change}", new { points = 40 }, "held-change"),
            account, $"{account}/entries");

        Assert.Equal(balance, (await Api.GetAsync(account)).Number("balance"));
    }

    [Theory]
    [InlineData("from")]
    [InlineData("to")]
    public async Task A_transfer_one_of_whose_accounts_is_held_is_busy_changes_neither_and_succeeds_with_its_key_later(string held)
    {
        var (fromAccountId, toAccountId) = ($"from-{held}", $"to-{held}");
        (await Api.PostAsync($"/v1/accounts/{fromAccountId}/earn", new { points = 100 })).Expect(201);
        (await Api.PostAsync($"/v1/accounts/{toAccountId}/earn", new { points = 100 })).Expect(201);

        await AssertBusyAsync("accounts", "id", $"{held}-{held}", () => Api.PostAsync("/v1/transfers", new { fromAccountId, toAccountId, points = 30 }, $"held-transfer-{held}"),
            $"/v1/accounts/{fromAccountId}", $"/v1/accounts/{fromAccountId}/entries", $"/v1/accounts/{toAccountId}", $"/v1/accounts/{toAccountId}/entries");

        Assert.Equal(70, (await Api.GetAsync($"/v1/accounts/{fromAccountId}")).Number("balance"));
        Assert.Equal(130, (await Api.GetAsync($"/v1/accounts/{toAccountId}")).Number("balance"));
    }

    /// <summary>The call is busy while the row is held and leaves what is read as it was; afterwards it takes effect, for the first time.</summary>
    private async Task AssertBusyAsync(string table, string column, string value, Func<Task<ApiAnswer>> call, params string[] reads)
    {
        var before = await ReadAsync(reads);
        await using (await HeldRows.TakeAsync(server.ConnectionString, table, column, value))
        {
            var busy = await call();

            Assert.Equal("503 busy", busy.Kind);
            Assert.Equal("1", busy.Headers["Retry-After"]);
            Assert.Equal(before, await ReadAsync(reads));
        }

        Assert.Equal(before, await ReadAsync(reads));
        var done = (await call()).Expect(200, 201);
        Assert.False(done.IsReplay, "A busy answer was remembered.");
        var again = await call();
        Assert.True(again.IsReplay);
        Assert.Equal(done.Text, again.Text);
    }

    private async Task<string> ReadAsync(string[] paths) =>
        string.Join('\n', await Task.WhenAll(paths.Select(async path => (await Api.GetAsync(path)).Expect(200).Text)));

    /// <summary>A server whose changes wait for a lock for a fifth of a second.</summary>
    public sealed class ImpatientServer(PostgresCluster cluster) : IAsyncLifetime
    {
        private ServerUnderTest? _server;

        public ApiClient Api => _server!.Api;

        public string ConnectionString { get; private set; } = string.Empty;

        public async ValueTask InitializeAsync()
        {
            ConnectionString = await cluster.CreateDatabaseAsync("busy");
            _server = await ServerUnderTest.StartAsync(ConnectionString, configure: builder =>
            {
                builder.Configuration["Guard:LockWait"] = "00:00:00.2";
                // A machine that is slow today must not answer "busy" for another reason.
                builder.Configuration["Guard:QueueWait"] = "00:05:00";
            });
        }

        public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}
