namespace Tiebreak.Races.Oracles;

/// <summary>
/// What a run led to, in a form in which two outcomes are equal when they mean the same: lines for the answers and for the
/// rows that are not as at the start, generated ids renamed, times hidden.
/// </summary>
internal sealed class CanonicalOutcome : IEquatable<CanonicalOutcome>
{
    private readonly int _hash;

    /// <param name="lines">What is shown.</param>
    /// <param name="implied">What is compared too, and says little that the lines do not: the old states of changed rows.</param>
    public CanonicalOutcome(IEnumerable<string> lines, IEnumerable<string> implied)
    {
        Lines = [.. lines];
        Implied = [.. implied];
        var hash = default(HashCode);
        foreach (var line in Lines)
        {
            hash.Add(line, StringComparer.Ordinal);
        }

        _hash = hash.ToHashCode();
    }

    /// <summary>Answers by actor, then rows by table, each table's sorted.</summary>
    public IReadOnlyList<string> Lines { get; }

    public IReadOnlyList<string> Implied { get; }

    public bool Equals(CanonicalOutcome? other) => other is not null && _hash == other._hash
        && Lines.SequenceEqual(other.Lines, StringComparer.Ordinal) && Implied.SequenceEqual(other.Implied, StringComparer.Ordinal);

    public override bool Equals(object? obj) => Equals(obj as CanonicalOutcome);

    public override int GetHashCode() => _hash;

    public override string ToString() => string.Join('\n', Lines);
}
