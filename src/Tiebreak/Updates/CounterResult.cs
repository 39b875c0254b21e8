namespace Tiebreak.Updates;

/// <summary>What became of an attempt to change a counter within its limit.</summary>
public enum CounterOutcome
{
    /// <summary>There is no such row, as of the start of the statement.</summary>
    NoSuchRow,

    /// <summary>
    /// The row is there and was not changed: not enough is left, or the counter or its limit is null. Also where the
    /// row was deleted while the statement waited for it.
    /// </summary>
    NotEnough,

    /// <summary>The counter was changed.</summary>
    Changed,
}

/// <summary>The outcome, and the counter's value after it.</summary>
/// <typeparam name="TNumber">The counter's type.</typeparam>
/// <param name="Outcome">What became of it.</param>
/// <param name="Value">The counter right after the change; null where nothing was changed.</param>
public readonly record struct CounterResult<TNumber>(CounterOutcome Outcome, TNumber? Value)
    where TNumber : struct
{
    /// <summary>Whether the counter was changed.</summary>
    public bool Succeeded => Outcome == CounterOutcome.Changed;
}
