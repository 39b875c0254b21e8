using Tiebreak.Races.Cli.Files;
using Tiebreak.Races.Reports;

namespace Tiebreak.Races.Cli.Commands;

/// <summary>Measures how often the actors of a scenario, or of a saved finding, break each other.</summary>
internal sealed class HowLikely(TextWriter output, TextWriter errors, bool isTerminal)
{
    public async Task<int> RunAsync(string path, double rate, int keys, TimeSpan budget, TimeSpan wait, CancellationToken cancellationToken)
    {
        var source = JsonSource.Read(path);
        var saved = SavedFinding.Read(source);
        var file = saved is null ? ScenarioReader.Read(source) : ScenarioReader.Read(saved.Scenario);
        OpenGates.Say(file, errors);
        var progress = new ProgressLine(errors, isTerminal);
        try
        {
            var likelihood = await RaceOf.File(file, saved is null ? [] : [ScenarioReader.Level(saved.Isolation) ?? System.Data.IsolationLevel.ReadCommitted])
                .Ready(stop => Reachable.CheckAsync(file, wait, stop)).Budget(budget).Progress(progress)
                .LikelihoodAsync(rate, keys, cancellationToken).ConfigureAwait(false);
            progress.Clear();
            await output.WriteAsync(LikelihoodText.Of(likelihood)).ConfigureAwait(false);
            return ExitCode.Holds;
        }
        finally
        {
            progress.Clear();
        }
    }
}
