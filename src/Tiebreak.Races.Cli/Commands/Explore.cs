using System.Data;
using Tiebreak.Races.Cli.Files;
using Tiebreak.Races.Findings;
using Tiebreak.Races.Reports;

namespace Tiebreak.Races.Cli.Commands;

/// <summary>What <c>explore</c> was told.</summary>
internal sealed record ExploreOptions(
    string File, string? Json, string? Html, string? Save, TimeSpan Budget, IReadOnlyList<IsolationLevel> Isolation, bool BruteForce, int Seed, TimeSpan Wait, bool Fixes, bool AllowNothing);

/// <summary>Runs a scenario in every relevant order and writes the reports.</summary>
internal sealed class Explore(TextWriter output, TextWriter errors, bool isTerminal)
{
    public async Task<int> RunAsync(ExploreOptions options, CancellationToken cancellationToken)
    {
        var file = ScenarioReader.Read(options.File);
        OpenGates.Say(file, errors);
        var progress = new ProgressLine(errors, isTerminal);
        var race = RaceOf.File(file, options.Isolation).Ready(stop => Reachable.CheckAsync(file, options.Wait, stop)).Budget(options.Budget).Seed(options.Seed).TryFixes(options.Fixes).Progress(progress);
        race = options.AllowNothing ? race.AllowNothing() : race;
        RaceReport report;
        try
        {
            report = await (options.BruteForce ? race.BruteForce() : race).ExploreAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            progress.Clear();
        }

        await output.WriteAsync(ConsoleReport.Of(report, Line, Width())).ConfigureAwait(false);
        await WriteAsync(options, report, Line, cancellationToken).ConfigureAwait(false);
        return ExitCode.Of(report.Verdict);

        string Line(Finding finding) => ReplayLine(options.File, finding);
    }

    /// <summary>The line of a shell that replays a finding.</summary>
    public static string ReplayLine(string file, Finding finding)
    {
        var level = ReportWords.Level(finding.Isolation);
        return $"tiebreak replay {Quoted(file)} --schedule {finding.Schedule}{(level == "read committed" ? "" : $" --isolation \"{level}\"")}";
    }

    private static async Task WriteAsync(ExploreOptions options, RaceReport report, Func<Finding, string> line, CancellationToken cancellationToken)
    {
        if (options.Json is { } json)
        {
            await File.WriteAllTextAsync(json, JsonReport.Of(report) + "\n", cancellationToken).ConfigureAwait(false);
        }

        if (options.Html is { } html)
        {
            await File.WriteAllTextAsync(html, HtmlReport.Of(report, line), cancellationToken).ConfigureAwait(false);
        }

        if (options.Save is { } save && report.Findings.FirstOrDefault(finding => finding.Schedule.Length > 0) is { } finding)
        {
            SavedFinding.Write(save, options.File, finding);
        }
    }

    private int Width() => isTerminal && !Console.IsOutputRedirected && Console.WindowWidth > 60 ? Math.Min(Console.WindowWidth - 1, 200) : ConsoleReport.Width;

    private static string Quoted(string file) => file.Contains(' ', StringComparison.Ordinal) ? $"\"{file}\"" : file;
}
