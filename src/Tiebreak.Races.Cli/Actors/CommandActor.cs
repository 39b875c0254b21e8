using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Tiebreak.Races.Cli.Files;
using Tiebreak.Races.Findings;
using Tiebreak.Races.Scenarios;

namespace Tiebreak.Races.Cli.Actors;

/// <summary>Runs a program; the answer is its exit code and what it printed. It finds its database in its environment.</summary>
internal sealed class CommandActor(string name, IReadOnlyList<string> command, string folder, IReadOnlyList<int> busy)
{
    public async Task<ActorAnswer> RunAsync(string connectionString, CancellationToken cancellationToken)
    {
        using var process = Start(new NpgsqlConnectionStringBuilder(connectionString));
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            throw;
        }

        var printed = (await output.ConfigureAwait(false)).Trim();
        var complaint = (await errors.ConfigureAwait(false)).Trim();
        var isBusy = busy.Contains(process.ExitCode);

        // A code alone may be a refusal that the caller expects; with words on the error stream it is a failure.
        var error = process.ExitCode != 0 && !isBusy && complaint.Length > 0 ? $"exit code {process.ExitCode}: {complaint.Split('\n')[^1]}" : null;
        return new ActorAnswer(AnswerText.Of(new CommandAnswer(process.ExitCode, printed)), isBusy, error);
    }

    private Process Start(NpgsqlConnectionStringBuilder database)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (variable, value) in Environment(database))
        {
            start.Environment[variable] = value;
        }

        try
        {
            var process = Process.Start(start)!;
            process.StandardInput.Close();
            return process;
        }
        catch (Win32Exception exception)
        {
            throw new RaceException($"{name}: {command[0]} cannot be started: {exception.Message}. Install it, or write its full path.", exception);
        }
    }

    private static IEnumerable<(string Name, string? Value)> Environment(NpgsqlConnectionStringBuilder database) =>
    [
        ("DATABASE_URL", ConnectionUrl.Of(database)),
        ("PGHOST", database.Host),
        ("PGPORT", database.Port.ToString(CultureInfo.InvariantCulture)),
        ("PGUSER", database.Username),
        ("PGDATABASE", database.Database),
        ("PGPASSWORD", database.Password),
        ("PGSSLMODE", "disable"),
    ];
}
