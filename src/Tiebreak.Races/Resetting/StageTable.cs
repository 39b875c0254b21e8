namespace Tiebreak.Races.Resetting;

/// <summary>A table as the statements that reset and read it need it. Partitions belong to their root.</summary>
/// <param name="Name">Full name, as <c>public.invite</c>.</param>
/// <param name="Quoted">The same for SQL.</param>
/// <param name="Truncatable">The relations whose TRUNCATE empties it or a part of it, quoted: itself and its partitions.</param>
/// <param name="Columns">All, in order.</param>
/// <param name="Writable">Those that can be given a value: all but generated ones.</param>
/// <param name="HasUserTriggers">Whether the application has triggers on it.</param>
internal sealed record StageTable(
    string Name,
    string Quoted,
    IReadOnlyList<string> Truncatable,
    IReadOnlyList<string> Columns,
    IReadOnlyList<string> Writable,
    bool HasUserTriggers);
