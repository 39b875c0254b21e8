using System.Diagnostics;

namespace Tiebreak.Samples.Tests;

/// <summary>A program of this repository that was built beside the tests, run to its end as a process of its own.</summary>
internal static class BuiltProgram
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(3);

    /// <summary>Runs it; what it prints to either stream is one text.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(string program, params IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [Path.Combine(AppContext.BaseDirectory, program), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        using var late = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        late.CancelAfter(Bound);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(late.Token);
            var errors = process.StandardError.ReadToEndAsync(late.Token);
            await process.WaitForExitAsync(late.Token);
            return (process.ExitCode, await output + await errors);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }
}
