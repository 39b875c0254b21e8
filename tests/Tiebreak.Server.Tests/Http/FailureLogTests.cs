using Microsoft.Extensions.Logging;
using Npgsql;
using Tiebreak.Server.Tests.Support;
using Tiebreak.Testing;

namespace Tiebreak.Server.Tests.Http;

/// <summary>What a failure tells the caller, and what it tells whoever reads the log.</summary>
public sealed class FailureLogTests(PostgresCluster cluster)
{
    [Fact]
    public async Task An_unexpected_failure_says_nothing_of_the_inside_to_the_caller_and_one_line_to_the_log()
    {
        var connectionString = await cluster.CreateDatabaseAsync("failure");
        await using var server = await ServerUnderTest.StartAsync(connectionString);
        await NewInviteAsync(server.Api, "FAILS");
        await DropMembershipsAsync(connectionString);

        var answer = await server.Api.PostAsync("/v1/invites/FAILS/accept", new { userId = "ada" });

        Assert.Equal("500 internal-error", answer.Kind);
        Assert.NotEmpty(answer.String("traceId"));
        Assert.Equal("nosniff", answer.Headers["X-Content-Type-Options"]);
        Assert.Equal(["type", "title", "status", "detail", "instance", "code", "traceId"], answer.Json.EnumerateObject().Select(member => member.Name));
        foreach (var inside in new[] { "   at ", "SELECT", "memberships", "42P01", "Exception", "Npgsql", "Tiebreak." })
        {
            Assert.DoesNotContain(inside, answer.Text, StringComparison.OrdinalIgnoreCase);
        }

        var line = Assert.Single(server.Log.Lines, line => line.Level >= LogLevel.Error);
        Assert.Equal(LogLevel.Error, line.Level);
        Assert.Contains("42P01", line.Text, StringComparison.Ordinal);
        Assert.Equal(0, (await server.Api.GetAsync("/v1/invites/FAILS")).Expect(200).Number("uses"));
    }

    [Fact]
    public async Task An_unexpected_failure_is_found_in_the_log_by_the_trace_id_of_its_answer()
    {
        var connectionString = await cluster.CreateDatabaseAsync("trace");
        var address = $"http://127.0.0.1:{FreePort.Find()}";
        using var api = new ApiClient(new Uri(address));
        await using var server = ServerProcess.Start("--urls", address, "--ConnectionStrings:Tiebreak", connectionString);
        await server.UntilReadyAsync(api);
        await NewInviteAsync(api, "TRACE");
        await DropMembershipsAsync(connectionString);

        var answer = await api.PostAsync("/v1/invites/TRACE/accept", new { userId = "ada" });

        Assert.Equal("500 internal-error", answer.Kind);
        await server.UntilSaysAsync("42P01");
        Assert.Contains(answer.String("traceId"), server.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_conflict_that_the_guard_resolves_is_no_line_of_the_log()
    {
        await using var server = await ServerUnderTest.StartAsync(await cluster.CreateDatabaseAsync("quiet"), configure: builder =>
        {
            builder.Configuration["Guard:LockWait"] = "00:01:00";
            builder.Configuration["Guard:QueueWait"] = "00:05:00";
        });
        for (var i = 0; i < 20; i++)
        {
            await NewInviteAsync(server.Api, $"QUIET-{i}");
        }

        for (var round = 0; round < 5; round++)
        {
            var answers = await AtOnce.RunAsync(20, i => server.Api.PostAsync($"/v1/invites/QUIET-{i}/accept", new { userId = $"user-{round}" }));
            Assert.Equal(new Dictionary<string, int> { ["200"] = 1, ["409 already-a-member"] = 19 }, answers.Tally());
        }

        Assert.DoesNotContain(server.Log.Lines, line => line.Level >= LogLevel.Warning);
    }

    private static async Task NewInviteAsync(ApiClient api, string code)
    {
        var groupId = (await api.PostAsync("/v1/groups", new { name = "Chess" })).Expect(201).String("id");
        (await api.PostAsync($"/v1/groups/{groupId}/invites", new { maxUses = 1000, code })).Expect(201);
    }

    private static async Task DropMembershipsAsync(string connectionString)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var drop = source.CreateCommand("DROP TABLE memberships");
        await drop.ExecuteNonQueryAsync();
    }
}
