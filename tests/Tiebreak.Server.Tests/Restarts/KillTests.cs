using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Tiebreak.Server.Tests.Support;

namespace Tiebreak.Server.Tests.Restarts;

/// <summary>The server and its private PostgreSQL, each killed amid load, as a machine or an operator would.</summary>
public sealed partial class KillTests
{
    [Fact]
    public async Task What_was_acknowledged_is_there_once_after_the_server_and_then_PostgreSQL_were_killed()
    {
        using var folder = new TemporaryFolder();
        var port = FreePort.Find();
        string[] arguments = ["--urls", $"http://127.0.0.1:{port}", "--LocalPostgres:DataFolder", Path.Combine(folder.Path, "data")];
        using var api = new ApiClient(new Uri($"http://127.0.0.1:{port}"));
        var load = new MixedLoad(api);

        await using (var first = ServerProcess.Start(arguments))
        {
            await first.UntilReadyAsync(api);
            await load.PrepareAsync();
            await load.RunUntilAsync(acknowledged: 200, first.KillAsync);
        }

        await using (var second = ServerProcess.Start(arguments))
        {
            await second.UntilReadyAsync(api);
            await load.RepeatAsync();
            await load.VerifyAsync();

            var acknowledged = load.Acknowledged;
            await load.RunUntilAsync(acknowledged + 200, () => KillPostgresAsync(second.Output));
            await second.UntilReadyAsync(api);
            await load.RepeatAsync();
            await load.VerifyAsync();

            second.Terminate();
            Assert.Equal(0, await second.UntilEndAsync());
        }

        await using var reconcile = ServerProcess.Start(["reconcile", .. arguments]);
        Assert.True(await reconcile.UntilEndAsync() == 0, reconcile.Output);
        Assert.Contains("points: every counter is what its records add up to", reconcile.Output, StringComparison.Ordinal);
    }

    private static Task KillPostgresAsync(string output)
    {
        var id = int.Parse(PostmasterPattern().Matches(output)[^1].Groups[1].Value, CultureInfo.InvariantCulture);
        Process.GetProcessById(id).Kill();
        return Task.CompletedTask;
    }

    [GeneratedRegex("process ([0-9]+)")]
    private static partial Regex PostmasterPattern();
}
