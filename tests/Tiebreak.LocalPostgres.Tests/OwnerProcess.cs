using System.Diagnostics;
using System.Globalization;

namespace Tiebreak.LocalPostgres.Tests;

/// <summary>A process that owns a server, in a session of its own like a program in a terminal.</summary>
internal sealed class OwnerProcess : IDisposable
{
    private readonly Process _process;
    private readonly List<string> _lines = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private OwnerProcess(Process process) => _process = process;

    internal int Id => _process.Id;

    internal int ServerId => Last("server") ?? throw new InvalidOperationException("It has not said so yet.");

    internal int? Committed => Last("committed");

    internal int? Drained => Last("drained");

    internal static OwnerProcess Start(string folder, params IReadOnlyList<string> below)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "Tiebreak.LocalPostgres.Tests.Owner.dll");
        var start = new ProcessStartInfo("setsid", [.. below, Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", program, folder])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        var owner = new OwnerProcess(new Process { StartInfo = start });
        owner._process.OutputDataReceived += (_, line) => owner.Hear(line.Data);
        owner._process.Start();
        owner._process.BeginOutputReadLine();
        return owner;
    }

    internal Task UntilCommittedAsync(int rows) =>
        Servers.UntilAsync($"{rows} rows of the owner", () => Committed >= rows || _process.HasExited);

    internal async Task KillAsync()
    {
        await Servers.SignalAsync("KILL", Id);
        await UntilEndedAsync();
    }

    /// <summary>Waits until it is gone and everything that it said is heard.</summary>
    internal async Task<int> UntilEndedAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Servers.Limit);
        await _ended.Task.WaitAsync(Servers.Limit);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private void Hear(string? line)
    {
        if (line is null)
        {
            _ended.TrySetResult();
            return;
        }

        lock (_lines)
        {
            _lines.Add(line);
        }
    }

    private int? Last(string word)
    {
        lock (_lines)
        {
            var line = _lines.FindLast(l => l.StartsWith(word + " ", StringComparison.Ordinal));
            return line is null ? null : int.Parse(line[(word.Length + 1)..], CultureInfo.InvariantCulture);
        }
    }
}
