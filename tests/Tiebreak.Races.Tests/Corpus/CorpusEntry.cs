namespace Tiebreak.Races.Tests.Corpus;

/// <summary>A race that happened somewhere, or a look-alike that is safe.</summary>
/// <param name="Name">As docs/races/corpus.md lists it.</param>
/// <param name="Kind">What the explorer has to say.</param>
/// <param name="Level">How hard it is to find, from 1 to 3; 0 for those that are safe.</param>
/// <param name="Source">Where it happened.</param>
/// <param name="Build">Adds tables, rows and actors.</param>
internal sealed record CorpusEntry(string Name, CorpusKind Kind, int Level, string Source, Func<Race, Race> Build)
{
    /// <inheritdoc/>
    public override string ToString() => Name;
}
