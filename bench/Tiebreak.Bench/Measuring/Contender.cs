namespace Tiebreak.Bench.Measuring;

/// <summary>One way to do the same change.</summary>
/// <param name="Name">What a reader would call it.</param>
/// <param name="CallAsync">Does it once for the caller of this number; returns how many changes that were.</param>
internal sealed record Contender(string Name, Func<int, Task<int>> CallAsync)
{
    /// <summary>How many callers it is called by, where that is not the case's own number: the limit writes alone.</summary>
    public int? Callers { get; init; }

    /// <summary>What has to be there before each of its turns; outside the measured time.</summary>
    public Func<Task>? PrepareAsync { get; init; }
}
