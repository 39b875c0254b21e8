namespace Tiebreak.Races.Findings;

/// <summary>What a line of a timeline tells.</summary>
public enum TimelineEvent
{
    /// <summary>A statement was let go and came back.</summary>
    Done,

    /// <summary>A statement was let go and waits for a lock.</summary>
    Blocked,

    /// <summary>A statement that waited came back.</summary>
    Resumed,

    /// <summary>A statement came back with an error, at once or after waiting.</summary>
    Failed,

    /// <summary>The actor ended with its answer.</summary>
    Ended,
}
