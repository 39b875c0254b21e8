namespace Tiebreak.Races.Findings;

/// <summary>What went wrong between the actors, by its usual name.</summary>
public enum Anomaly
{
    /// <summary>None of the known ones.</summary>
    Unnamed,

    /// <summary>A write that was computed from a value which another had changed in between.</summary>
    LostUpdate,

    /// <summary>Two read what the other then writes, each in another row.</summary>
    WriteSkew,

    /// <summary>Rows that appeared after they had been looked for.</summary>
    Phantom,

    /// <summary>Values read at different moments that never stood beside each other.</summary>
    ReadSkew,

    /// <summary>A check in one transaction, the act that relies on it in another.</summary>
    CheckThenActAcrossTransactions,

    /// <summary>Two inserted what may be there once.</summary>
    DoubleInsert,

    /// <summary>Two single statements, one begun before the other was done.</summary>
    StatementOverlap,

    /// <summary>The lock was taken, but after the read that it should have protected.</summary>
    LockAfterRead,

    /// <summary>Actors that waited for one another.</summary>
    Deadlock,
}
