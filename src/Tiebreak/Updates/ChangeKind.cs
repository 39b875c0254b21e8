namespace Tiebreak.Updates;

/// <summary>What one statement does beside its change.</summary>
internal enum ChangeKind
{
    /// <summary>Returns the changed rows.</summary>
    Rows,

    /// <summary>Returns the changed row, and the query names one row by a unique key.</summary>
    OneRow,

    /// <summary>Returns the rows, which must then stay taken until the end of the transaction.</summary>
    Seize,

    /// <summary>Returns the rows that were deleted; the context forgets them.</summary>
    Delete,

    /// <summary>Says of one row, named by a unique key, whether it is there and whether it was changed.</summary>
    Outcome,
}
