namespace Tiebreak.Operations;

/// <summary>Rows that were to be taken only if they are free are there and not free. The attempt ends, and nobody is told but the lane.</summary>
internal sealed class RowHeldException(IReadOnlyList<string> keys) : Exception("Somebody else holds a row that stands for one of the keys.")
{
    /// <summary>The keys that the rows stand for.</summary>
    public IReadOnlyList<string> Keys => keys;
}
