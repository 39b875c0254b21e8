namespace Tiebreak.Races.Scheduling;

/// <summary>Says who goes next, at each point of a run at which every actor waits at the gate, waits for a lock or has ended.</summary>
internal interface IPicker
{
    /// <summary>
    /// One of <paramref name="ready"/> (actors with a statement at the gate, ascending, never empty), or -1 to abandon the
    /// run. <paramref name="last"/> is the actor that went last, -1 at the start.
    /// </summary>
    int Pick(IReadOnlyList<int> ready, int last);
}
