namespace Tiebreak.Races.Traces;

/// <summary>What a held message asks of the database.</summary>
internal enum StepKind
{
    /// <summary>A statement inside a transaction, or the one statement of an implicit one that is explored whole.</summary>
    Statement,

    /// <summary>The end of a transaction that keeps what it did, an implicit one's too when it is split.</summary>
    Commit,

    /// <summary>The end of a transaction that takes back what it did.</summary>
    Rollback,
}
