namespace Tiebreak.Races.Wire;

/// <summary>Which answer the server owes.</summary>
internal enum ExpectedKind
{
    /// <summary>The end of a Close that the gate sent.</summary>
    Close,

    /// <summary>The end of a Parse that the gate sent.</summary>
    Parse,

    /// <summary>The end of an Execute.</summary>
    Execute,

    /// <summary>The ReadyForQuery of a Sync.</summary>
    Sync,

    /// <summary>All that answers a simple Query, ReadyForQuery included.</summary>
    Query,
}
