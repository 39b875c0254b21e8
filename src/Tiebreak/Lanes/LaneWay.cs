namespace Tiebreak.Lanes;

/// <summary>How a lane's transaction takes the rows that its requests contend on.</summary>
internal enum LaneWay
{
    /// <summary>Waits for each, for a small part of the lock wait: long enough for the transaction of another server.</summary>
    Briefly,

    /// <summary>Waits for none. One that somebody holds ends the transaction, and is named.</summary>
    FreeOnly,

    /// <summary>Waits in PostgreSQL's own line: for the rows of one key only, so that nobody else's are held meanwhile.</summary>
    InLine,
}
