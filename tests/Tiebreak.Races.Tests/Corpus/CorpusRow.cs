using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Tests.Corpus;

/// <summary>What exploring an entry gave.</summary>
/// <param name="Entry">Which.</param>
/// <param name="Report">With the reduction, fixes tried.</param>
/// <param name="All">By brute force, for as long as it was let.</param>
internal sealed record CorpusRow(CorpusEntry Entry, RaceReport Report, EveryOrder All)
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(40);

    public static async Task<CorpusRow> OfAsync(CorpusEntry entry, CancellationToken cancellationToken)
    {
        var race = entry.Build(Race.OnPrivatePostgres());
        return new CorpusRow(
            entry,
            await race.Budget(Long).ExploreAsync(cancellationToken),
            await EveryOrder.OfAsync(race, isBruteForce: true, Short, race.Options.Isolations[0], cancellationToken));
    }
}
