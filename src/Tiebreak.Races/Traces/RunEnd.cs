namespace Tiebreak.Races.Traces;

/// <summary>Whether a run says anything.</summary>
internal enum RunEnd
{
    /// <summary>All actors ended.</summary>
    Completed,

    /// <summary>Cut short on purpose: what followed had been run before.</summary>
    Abandoned,

    /// <summary>An actor waited for something that is not a lock of another one, or the database went away.</summary>
    Unknown,
}
