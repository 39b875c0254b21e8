using System.Collections.Concurrent;
using System.Diagnostics;

namespace Tiebreak.Server.Tests.Support;

/// <summary>The server as a program of its own, which can be killed.</summary>
public sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();

    private ServerProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Output => string.Join(Environment.NewLine, _output);

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public static ServerProcess Start(params string[] arguments) => StartIn(AppContext.BaseDirectory, arguments);

    /// <param name="folder">Where it is started, as a shell is somewhere.</param>
    /// <param name="arguments">Its command line.</param>
    public static ServerProcess StartIn(string folder, params string[] arguments) => Start(folder, new Dictionary<string, string>(), arguments);

    /// <param name="environment">What its environment has beside this one's.</param>
    /// <param name="arguments">Its command line.</param>
    public static ServerProcess StartWith(IReadOnlyDictionary<string, string> environment, params string[] arguments) => Start(AppContext.BaseDirectory, environment, arguments);

    private static ServerProcess Start(string folder, IReadOnlyDictionary<string, string> environment, string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "Tiebreak.Server.dll");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        start.ArgumentList.Add(program);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        start.Environment["Logging__Console__FormatterName"] = "simple";
        start.Environment["Logging__Console__FormatterOptions__SingleLine"] = "true";
        return new ServerProcess(Process.Start(start)!);
    }

    /// <summary>Waits until the program has said something, or has ended.</summary>
    public Task UntilSaysAsync(string text) => Eventually.TrueAsync(
        () => Task.FromResult(Output.Contains(text, StringComparison.Ordinal) || (HasExited ? throw new InvalidOperationException($"The server ended with {ExitCode}:\n{Output}") : false)),
        $"the server says '{text}'; it said:\n{Output}");

    public Task UntilReadyAsync(ApiClient api) => Eventually.TrueAsync(
        async () =>
        {
            try
            {
                return (await api.GetAsync("/health/ready")).Status == 200;
            }
            catch (HttpRequestException) when (!HasExited)
            {
                return false;
            }
        },
        "the server is ready");

    /// <summary>SIGKILL: nothing is finished, nobody is told.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, as a supervisor sends it.</summary>
    public void Terminate() => Process.Start("sh", ["-c", $"kill -TERM {Id}"]).WaitForExit();

    /// <returns>The exit code.</returns>
    public async Task<int> UntilEndAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(90));
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            Terminate();
            await UntilEndAsync();
        }

        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            _output.Enqueue(line);
        }
    }
}
