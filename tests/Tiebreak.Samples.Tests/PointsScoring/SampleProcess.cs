using System.Diagnostics;

namespace Tiebreak.Samples.Tests.PointsScoring;

/// <summary>The sample as a process of its own.</summary>
internal sealed class SampleProcess : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly List<string> _lines = [];

    private SampleProcess(Process process) => _process = process;

    public string Output
    {
        get
        {
            lock (_lines)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    public static SampleProcess Start(string connectionString, params IReadOnlyList<string> arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "PointsScoring.dll");
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["POINTS_DATABASE"] = connectionString;
        var sample = new SampleProcess(new Process { StartInfo = start });
        sample._process.OutputDataReceived += sample.Hear;
        sample._process.ErrorDataReceived += sample.Hear;
        sample._process.Start();
        sample._process.BeginOutputReadLine();
        sample._process.BeginErrorReadLine();
        return sample;
    }

    /// <summary>SIGKILL: it has no say in it.</summary>
    public void Kill() => _process.Kill();

    /// <summary>How many lines it has said that begin with a word.</summary>
    public int Count(string word)
    {
        lock (_lines)
        {
            return _lines.Count(line => line.StartsWith(word, StringComparison.Ordinal));
        }
    }

    /// <summary>Waits until it is gone and everything that it said is heard.</summary>
    public async Task<int> UntilEndAsync()
    {
        using var late = new CancellationTokenSource(Bound);
        await _process.WaitForExitAsync(late.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private void Hear(object sender, DataReceivedEventArgs said)
    {
        if (said.Data is { } line)
        {
            lock (_lines)
            {
                _lines.Add(line);
            }
        }
    }
}
