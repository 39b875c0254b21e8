using Tiebreak.Transactions;

namespace Tiebreak.Lanes;

/// <summary>The bounds of a <see cref="LaneGuard{TContext}"/>.</summary>
public sealed record LaneGuardOptions
{
    /// <summary>The transaction that each batch runs in: isolation, lock wait, attempts.</summary>
    public AtomicOptions Transaction { get; init; } = AtomicOptions.Default;

    /// <summary>The number of lanes when nobody sets it: one for two processors of this machine, 1 to 4.</summary>
    public static int DefaultLanes { get; } = Math.Clamp(Environment.ProcessorCount / 2, 1, 4);

    /// <summary>
    /// How many lanes there are, each with one transaction and one connection at a time. Keys are spread over them by
    /// hash. Each more makes every batch smaller, so more lanes help only where the database has processors to spare or
    /// commits take long; a single hot key uses one. 1 to 256; <see cref="DefaultLanes"/> by default.
    /// </summary>
    public int Lanes
    {
        get;
        init => field = InRange(value, 1, 256, nameof(Lanes));
    } = DefaultLanes;

    /// <summary>How many requests one transaction decides at most. 1 to 10,000; 1,000 by default.</summary>
    public int BatchLimit
    {
        get;
        init => field = InRange(value, 1, 10_000, nameof(BatchLimit));
    } = 1_000;

    /// <summary>
    /// How many requests may wait in a lane. The next one is told at once that the lane is full. 1 to 10,000,000;
    /// 10,000 by default.
    /// </summary>
    public int QueueLimit
    {
        get;
        init => field = InRange(value, 1, 10_000_000, nameof(QueueLimit));
    } = 10_000;

    /// <summary>
    /// How heavy the requests of one transaction are together at most (<see cref="Operations.IOperation{TContext, TRequest, TState, TResult}.WeightOf"/>:
    /// about the rows that they read and write). 1 to 1,000,000; 10,000 by default.
    /// </summary>
    public int BatchWeight
    {
        get;
        init => field = InRange(value, 1, 1_000_000, nameof(BatchWeight));
    } = 10_000;

    /// <summary>
    /// How heavy the requests are together that may wait in a lane. The next one is told at once that the lane is full;
    /// one that is heavier by itself waits where nobody else does. 1 to 1,000,000,000; 1,000,000 by default.
    /// </summary>
    public int QueueWeight
    {
        get;
        init => field = InRange(value, 1, 1_000_000_000, nameof(QueueWeight));
    } = 1_000_000;

    /// <summary>
    /// From where on a request is heavy: those above take turns, each in a transaction of its own, in one lane that is
    /// theirs. 1 to 1,000,000; 1,000 by default.
    /// </summary>
    public int HeavyWeight
    {
        get;
        init => field = InRange(value, 1, 1_000_000, nameof(HeavyWeight));
    } = 1_000;

    /// <summary>How many connections the guard holds at most.</summary>
    public int Connections => 2 * (Lanes + 1);

    /// <summary>
    /// Whether a transaction decides requests of one key only: for engines that lock one row a statement, such as
    /// Citus. <see langword="false"/> by default.
    /// </summary>
    public bool OneKeyABatch { get; init; }

    private static int InRange(int value, int least, int most, string name) => value >= least && value <= most
        ? value
        : throw new ArgumentOutOfRangeException(nameof(value), value, FormattableString.Invariant($"{name} is a number from {least:N0} to {most:N0}."));
}
