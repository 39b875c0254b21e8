using System.Diagnostics;
using System.Text;

namespace Tiebreak.Races.Cli.Tests.EndToEnd;

/// <summary>The built command as a process of its own. Its private PostgreSQL lives below a folder that only it uses.</summary>
internal sealed class CommandProcess : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();

    private CommandProcess(Process process) => _process = process;

    public int Id => _process.Id;

    /// <summary>What it has printed so far.</summary>
    public string Output => Text(_output);

    /// <summary>What it has printed to the error stream so far.</summary>
    public string Errors => Text(_errors);

    /// <summary>Starts it in a folder, which is also its temporary one.</summary>
    public static CommandProcess Start(WorkFolder folder, params IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [Path.Combine(AppContext.BaseDirectory, "Tiebreak.Races.Cli.dll"), .. arguments])
        {
            WorkingDirectory = folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["TMPDIR"] = folder.Temporary;
        var command = new CommandProcess(new Process { StartInfo = start });
        command._process.OutputDataReceived += (_, said) => Hear(command._output, said.Data);
        command._process.ErrorDataReceived += (_, said) => Hear(command._errors, said.Data);
        command._process.Start();
        command._process.BeginOutputReadLine();
        command._process.BeginErrorReadLine();
        return command;
    }

    /// <summary>Runs it to its end.</summary>
    public static async Task<CommandProcess> RunAsync(WorkFolder folder, params IReadOnlyList<string> arguments)
    {
        var command = Start(folder, arguments);
        await command.UntilEndAsync();
        return command;
    }

    /// <summary>Its exit code, once it is gone and everything that it said is heard.</summary>
    public int ExitCode => _process.ExitCode;

    public async Task UntilEndAsync()
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        late.CancelAfter(Bound);
        await _process.WaitForExitAsync(late.Token);
    }

    /// <summary>Waits until it has said something on the error stream.</summary>
    public async Task UntilErrorsContainAsync(string text)
    {
        while (!Errors.Contains(text, StringComparison.Ordinal))
        {
            Assert.False(_process.HasExited, $"It ended without having said '{text}':\n{this}");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    public override string ToString() => $"exit code {(_process.HasExited ? _process.ExitCode : "none")}\n{Output}{Errors}";

    private static void Hear(StringBuilder heard, string? line)
    {
        if (line is not null)
        {
            lock (heard)
            {
                heard.Append(line).Append('\n');
            }
        }
    }

    private static string Text(StringBuilder heard)
    {
        lock (heard)
        {
            return heard.ToString();
        }
    }
}
