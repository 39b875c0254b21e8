using Microsoft.Extensions.Logging;
using Tiebreak.Server.Storage;
using Tiebreak.Server.Tests.Support;
using Tiebreak.Testing;

namespace Tiebreak.Server.Tests.Chaos;

/// <summary>
/// The way to the database is cut amid load, at chosen bytes of what is sent and of what is answered. Whoever calls is told
/// 503 and nothing else of it; what was acknowledged is there once.
/// </summary>
public sealed class CutTests(PostgresCluster cluster)
{
    [Theory]
    [InlineData("lane", 1)]
    [InlineData("row-lock", 2)]
    public Task A_hundred_cuts_lose_and_double_nothing_and_every_failure_is_503(string guard, int seed) => CutAsync(guard, seed, cuts: 100);

    [Theory(Explicit = true)]
    [InlineData("lane", 11)]
    [InlineData("lane", 12)]
    [InlineData("row-lock", 13)]
    [InlineData("row-lock", 14)]
    public Task A_thousand_cuts_lose_and_double_nothing_and_every_failure_is_503(string guard, int seed) => CutAsync(guard, seed, cuts: 1_000);

    private async Task CutAsync(string guard, int seed, int cuts)
    {
        await using var relay = new CuttingRelay(await cluster.CreateDatabaseAsync("cut"));
        await using var server = await ServerUnderTest.StartAsync(relay.ConnectionString, configure: builder =>
        {
            builder.Configuration["Guard:Kind"] = guard;
            builder.Configuration["Guard:LockWait"] = "00:01:00";
        });
        var load = new MixedLoad(server.Api);
        await load.PrepareAsync();
        var random = new Random(seed);

        await load.RunUntilAsync(acknowledged: 50, async () =>
        {
            for (var cut = 0; cut < cuts; cut++)
            {
                // Half of them near the beginning of a message, where statements begin; the others anywhere in a batch.
                var direction = random.Next(2) == 0 ? CuttingRelay.Direction.ToServer : CuttingRelay.Direction.ToClient;
                await relay.CutAfterAsync(direction, random.Next(random.Next(2) == 0 ? 64 : 8_192)).WaitAsync(TimeSpan.FromSeconds(60));
            }
        });
        await load.RepeatAsync();
        await load.VerifyAsync();

        await using var drifts = new StringWriter();
        Assert.True(await ReconcileCommand.RunAsync(server.Services, drifts, TestContext.Current.CancellationToken) == 0, drifts.ToString());
        Assert.DoesNotContain(server.Log.Lines, line => line.Level >= LogLevel.Error || line.Text.Contains("   at ", StringComparison.Ordinal));

        // One line for all who were told the same at once, whatever their number.
        Assert.InRange(server.Log.Lines.Count, 0, 3 * cuts);
        Assert.NotEmpty(load.TurnedAway);
    }
}
