using System.Data;
using Tiebreak.Races.Cli.Files;
using Tiebreak.Races.Findings;
using Tiebreak.Races.Reports;

namespace Tiebreak.Races.Cli.Commands;

/// <summary>Runs one order again.</summary>
internal sealed class Replay(TextWriter output)
{
    public async Task<int> RunAsync(string path, string? schedule, IReadOnlyList<IsolationLevel> isolation, CancellationToken cancellationToken)
    {
        var source = JsonSource.Read(path);
        var saved = SavedFinding.Read(source);
        var file = saved is null ? ScenarioReader.Read(source) : ScenarioReader.Read(saved.Scenario);
        schedule ??= saved?.Schedule ?? throw new RaceException("--schedule is missing. Write the one that a finding tells, such as --schedule abab.");
        if (isolation.Count == 0 && saved is not null)
        {
            isolation = [ScenarioReader.Level(saved.Isolation) ?? throw new RaceException($"{path}: /isolation: \"{saved.Isolation}\" is no isolation level.")];
        }

        CheckLetters(schedule, file.Actors.Count);
        var race = RaceOf.File(file, isolation).Ready(stop => Reachable.CheckAsync(file, TimeSpan.FromSeconds(10), stop));

        // A saved finding is a regression test: that its order is no longer possible may be just what mended it.
        var report = await (saved is null ? race.ReplayAsync(schedule, cancellationToken) : race.ReplayAsFarAsItGoesAsync(schedule, cancellationToken)).ConfigureAwait(false);
        await output.WriteAsync(ConsoleReport.Of(report, finding => Explore.ReplayLine(file.Path, finding))).ConfigureAwait(false);
        return ExitCode.Of(report.Verdict);
    }

    private static void CheckLetters(string schedule, int actors)
    {
        var last = (char)('a' + actors - 1);
        if (schedule.Length == 0 || schedule.Any(letter => letter < 'a' || letter > last))
        {
            throw new RaceException($"--schedule: \"{schedule}\" is no schedule of {actors} actors. Write letters from a to {last}, one a statement.");
        }
    }
}
