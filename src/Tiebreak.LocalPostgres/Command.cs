using System.ComponentModel;
using System.Diagnostics;

namespace Tiebreak.LocalPostgres;

/// <summary>A program of the system that is run to its end: <c>initdb</c>, <c>chown</c>, <c>id</c>.</summary>
internal static class Command
{
    // Without these programs are not found, or speak and tell the time otherwise; the rest is what Windows itself needs.
    private static readonly string[] Inherited =
    [
        "PATH", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH",
        .. OperatingSystem.IsWindows() ? ["SystemRoot", "SystemDrive", "windir", "ComSpec", "PATHEXT", "TEMP", "TMP", "ProgramData"] : Array.Empty<string>(),
    ];

    /// <summary>Runs it and returns what it said. An exit code other than 0 is the caller's to judge.</summary>
    internal static async Task<CommandResult> RunAsync(
        IReadOnlyList<string> commandLine, CancellationToken cancellationToken, string? home = null)
    {
        using var process = new Process { StartInfo = StartInfo(commandLine, home) };
        process.StartInfo.RedirectStandardOutput = true;
        process.StartInfo.RedirectStandardError = true;
        try
        {
            process.Start();
        }
        catch (Win32Exception error)
        {
            return new CommandResult(127, "", $"{commandLine[0]}: {error.Message}");
        }

        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        try
        {
            await process.WaitForExitAsync(cancellationToken);
            return new CommandResult(process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);

            // What it was making can be removed only when it makes no more.
            await process.WaitForExitAsync(CancellationToken.None);
            throw;
        }
    }

    /// <summary>
    /// How every program here is started: with a pipe as standard input, and without the caller's environment, whose
    /// secrets the server's user, and whoever may read files by SQL, would else see.
    /// </summary>
    internal static ProcessStartInfo StartInfo(IReadOnlyList<string> commandLine, string? home = null)
    {
        var start = new ProcessStartInfo(commandLine[0])
        {
            RedirectStandardInput = true,
            UseShellExecute = false,
            CreateNoWindow = true,
            // The caller's own working directory may be closed to the user that the server runs as.
            WorkingDirectory = Path.GetPathRoot(AppContext.BaseDirectory)!,
        };
        foreach (var argument in commandLine.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var name in start.Environment.Keys.Where(k => !IsInherited(k)).ToList())
        {
            start.Environment.Remove(name);
        }

        if (home is not null)
        {
            start.Environment["HOME"] = home;
        }

        // Messages are searched for their English text.
        start.Environment["LC_ALL"] = "C";
        return start;
    }

    private static bool IsInherited(string name)
    {
        var comparison = OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        return name.StartsWith("LC_", comparison) || Inherited.Any(i => i.Equals(name, comparison));
    }
}

/// <summary>What a program said and how it ended.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Error)
{
    internal bool Succeeded => ExitCode == 0;

    /// <summary>Everything it said, for an error message.</summary>
    internal string Everything => string.Join('\n', new[] { Error.Trim(), Output.Trim() }.Where(t => t.Length > 0));
}
