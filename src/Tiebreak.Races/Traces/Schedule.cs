namespace Tiebreak.Races.Traces;

/// <summary>
/// In which order the actors' held statements were let go: one letter a statement, <c>a</c> for the first actor. It
/// replays a run.
/// </summary>
/// <param name="Letters">For example <c>aabbab</c>.</param>
internal readonly record struct Schedule(string Letters)
{
    /// <summary>The actor that the letter at <paramref name="position"/> names, from 0.</summary>
    public int this[int position] => Letters[position] - 'a';

    /// <summary>How many statements it lets go.</summary>
    public int Length => Letters?.Length ?? 0;

    /// <summary>The letter of an actor.</summary>
    public static char LetterOf(int actor) => (char)('a' + actor);

    /// <inheritdoc/>
    public override string ToString() => Letters ?? "";
}
