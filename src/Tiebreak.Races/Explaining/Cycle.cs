namespace Tiebreak.Races.Explaining;

/// <summary>
/// Why no order one at a time explains a run of two actors: one must come before the other, because it did not see what
/// the other wrote, and after it as well.
/// </summary>
/// <param name="Stale">What the first actor read, too early for the other's write.</param>
/// <param name="Missed">The write that it did not see.</param>
/// <param name="Back">Why the first must come after the other.</param>
/// <param name="BackFrom">The other's step of that reason.</param>
/// <param name="BackTo">The first actor's step of that reason.</param>
internal sealed record Cycle(ReadAccess Stale, WriteAccess Missed, CycleBack Back, int BackFrom, int BackTo)
{
    /// <summary>The actor that read too early.</summary>
    public int Reader => Stale.Actor;

    /// <summary>The other one.</summary>
    public int Writer => Missed.Actor;
}

/// <summary>Why an actor must come after another.</summary>
internal enum CycleBack
{
    /// <summary>The other did not see what it wrote.</summary>
    OtherMissedIt,

    /// <summary>It wrote the same row later.</summary>
    Overwrote,

    /// <summary>It saw what the other wrote.</summary>
    SawOther,
}
