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
    /// commits take long; a single hot key uses one. A row that somebody outside holds on to keeps the other keys of its
    /// lane waiting. 1 to 256; <see cref="DefaultLanes"/> by default.
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
    /// Whether a transaction decides requests of one key only: for engines that lock one row a statement, such as
    /// Citus. <see langword="false"/> by default.
    /// </summary>
    public bool OneKeyABatch { get; init; }

    private static int InRange(int value, int least, int most, string name) => value >= least && value <= most
        ? value
        : throw new ArgumentOutOfRangeException(nameof(value), value, FormattableString.Invariant($"{name} is a number from {least:N0} to {most:N0}."));
}
