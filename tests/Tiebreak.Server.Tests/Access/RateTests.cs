using Tiebreak.Server.Tests.Support;
using Tiebreak.Testing;

namespace Tiebreak.Server.Tests.Access;

/// <summary>An owner bounds a caller's rate on the command line.</summary>
public sealed class RateTests(PostgresCluster cluster)
{
    [Fact]
    public async Task Of_fifty_calls_at_once_those_over_five_a_second_are_told_to_wait_and_health_never_is()
    {
        var address = $"http://127.0.0.1:{FreePort.Find()}";
        using var api = new ApiClient(new Uri(address));
        await using var server = ServerProcess.Start("--urls", address, "--ConnectionStrings:Tiebreak", await cluster.CreateDatabaseAsync("rate"), "--RateLimit:PerSecond", "5");
        await server.UntilReadyAsync(api);

        var answers = await AtOnce.RunAsync(50, i => api.PostAsync("/v1/groups", new { name = $"Group {i}" }));

        Assert.Equal(["201", "429 too-many-requests"], answers.Select(answer => answer.Kind).Distinct().Order());
        Assert.True(answers.Count(answer => answer.Status == 201) >= 5, "Calls within the rate were refused.");
        Assert.All(answers.Where(answer => answer.Status == 429), answer =>
        {
            Assert.Equal("1", answer.Headers["Retry-After"]);
            Assert.Equal("/problems/too-many-requests", answer.String("type"));
            Assert.Equal("/v1/groups", answer.String("instance"));
            Assert.Equal(429, answer.Number("status"));
        });

        var health = await AtOnce.RunAsync(50, i => api.GetAsync(i % 2 == 0 ? "/health/live" : "/health/ready"));
        Assert.Equal(new Dictionary<string, int> { ["200"] = 50 }, health.Tally());

        ApiAnswer? later = null;
        await Eventually.TrueAsync(async () => (later = await api.GetAsync("/v1/groups?limit=200")).Status == 200, "a caller who waited is let in again");
        Assert.Equal(answers.Count(answer => answer.Status == 201), later!.Json.GetProperty("items").GetArrayLength());
    }
}
