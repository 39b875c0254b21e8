namespace Tiebreak.Races.Wire;

/// <summary>What a gate has to know about a statement.</summary>
internal enum StatementClass
{
    /// <summary>Goes through at once: it neither reads nor changes what others see.</summary>
    Passes,

    /// <summary>Begins a transaction; goes through at once.</summary>
    Begin,

    /// <summary>Ends a transaction and keeps what it did.</summary>
    Commit,

    /// <summary>Ends a transaction and takes back what it did.</summary>
    Rollback,

    /// <summary>Reads rows and neither writes nor locks.</summary>
    Read,

    /// <summary>Writes or locks, or may do so.</summary>
    Write,

    /// <summary>Cannot run inside a transaction.</summary>
    Alone,
}
