namespace Tiebreak.Races.Findings;

/// <summary>What an exploration found.</summary>
public sealed record RaceReport
{
    /// <summary>The answer.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>Why it is <see cref="Verdict.Unknown"/>, in words that say what to do; otherwise what should be known beside the verdict, mostly <see langword="null"/>.</summary>
    public string? Reason { get; init; }

    /// <summary>Whether every relevant order was run.</summary>
    public bool Exhausted { get; init; }

    /// <summary>
    /// Up to how many preemptions (an actor interrupted though it could go on) every order was run; <see langword="null"/>
    /// when there is no such bound because all were run, -1 when not even those without preemption.
    /// </summary>
    public int? Bound { get; init; }

    /// <summary>Orders that were run, those one at a time included.</summary>
    public int Schedules { get; init; }

    /// <summary>Orders that led to what no order one at a time leads to, or to a deadlock or an error.</summary>
    public int BadSchedules { get; init; }

    /// <summary>Orders that ended in a deadlock which an actor answered with "try again"; they are no findings.</summary>
    public int BusyDeadlocks { get; init; }

    /// <summary>Orders run each second, with reset, detection and comparison.</summary>
    public double PerSecond { get; init; }

    /// <summary>How many different outcomes the orders one at a time have.</summary>
    public int SerialOutcomes { get; init; }

    /// <summary>
    /// Each order one at a time with its answers. Look at it once: a race whose actors all refuse for another reason than
    /// the one that is meant holds as well.
    /// </summary>
    public IReadOnlyList<OrderOneAtATime> OneAtATime { get; init; } = [];

    /// <summary>What is not compared, because it differs between runs that are otherwise equal: times, random values.</summary>
    public IReadOnlyList<MaskedValue> Masked { get; init; } = [];

    /// <summary>How many orders were run until the first finding, that one included; <see langword="null"/> without one.</summary>
    public int? FirstFoundAfter { get; init; }

    /// <summary>How long that took from the start of the exploration, set-up of the database not counted.</summary>
    public TimeSpan? FirstFoundIn { get; init; }

    /// <summary>The actors' names, in the order of a schedule's letters.</summary>
    public IReadOnlyList<string> Actors { get; init; } = [];

    /// <summary>Each way in which it breaks, once, by its shortest schedule.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>Locks without which nothing changes for these actors. That does not make them safe to remove: other operations may need them.</summary>
    public IReadOnlyList<RedundantLock> RedundantLocks { get; init; } = [];
}
