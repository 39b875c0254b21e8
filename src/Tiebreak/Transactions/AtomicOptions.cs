using System.Data;

namespace Tiebreak.Transactions;

/// <summary>How an atomic block runs. Immutable; one instance may serve any number of threads.</summary>
public sealed record AtomicOptions
{
    /// <summary>The defaults.</summary>
    public static AtomicOptions Default { get; } = new();

    /// <summary>The transaction's isolation level. READ COMMITTED by default.</summary>
    public IsolationLevel IsolationLevel { get; init; } = IsolationLevel.ReadCommitted;

    /// <summary>
    /// How often the block is tried when PostgreSQL ends it with a deadlock (40P01) or a serialization failure
    /// (40001), the first time included. 1 to 100; 5 by default.
    /// </summary>
    public int MaxAttempts
    {
        get;
        init => field = value is >= 1 and <= 100
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "MaxAttempts is a number from 1 to 100.");
    } = 5;

    /// <summary>
    /// How long one statement waits for each lock that it needs before the block ends with <see cref="LockTimeoutException"/>.
    /// 1 millisecond to 1 hour, sent in whole milliseconds; 3 seconds by default.
    /// </summary>
    public TimeSpan LockWait
    {
        get;
        init => field = WholeMilliseconds(value, nameof(LockWait));
    } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How long one statement may run in all; the net below <see cref="LockWait"/>. Where it is not longer than that,
    /// a statement gets one second more than <see cref="LockWait"/>, so that a wait for a lock ends as one.
    /// 1 millisecond to 1 hour; 30 seconds by default. A shorter command timeout of the driver is raised above it.
    /// </summary>
    public TimeSpan StatementTimeout
    {
        get;
        init => field = WholeMilliseconds(value, nameof(StatementTimeout));
    } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The pause before the second attempt. It doubles with each further one up to <see cref="MaxRetryDelay"/>, and
    /// the real pause is drawn evenly from zero up to it, so that those who collided do not meet again
    /// ("full jitter", AWS Architecture Blog, Exponential Backoff And Jitter). 0 to 1 minute; 5 ms by default.
    /// </summary>
    public TimeSpan RetryDelay
    {
        get;
        init => field = Pause(value, nameof(RetryDelay));
    } = TimeSpan.FromMilliseconds(5);

    /// <summary>The bound of the growing pause. 0 to 1 minute; 250 ms by default.</summary>
    public TimeSpan MaxRetryDelay
    {
        get;
        init => field = Pause(value, nameof(MaxRetryDelay));
    } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Refuses to run inside another atomic block of the same context type, or inside a TransactionScope
    /// (<see cref="InvalidOperationException"/>, before anything is sent): what the block answers is committed, and it
    /// waits for no lock that its own caller holds. Off by default. A transaction that the caller began by hand on
    /// another context is not seen.
    /// </summary>
    public bool Durable { get; init; }

    /// <summary>
    /// Has all DEFERRABLE constraints checked at COMMIT and not after each statement (SET CONSTRAINTS ALL DEFERRED). A
    /// violation then comes out of the commit as <see cref="Npgsql.PostgresException"/>, and nothing is changed. Off by
    /// default; costs no round trip. For some constraints only: <see cref="ConstraintExtensions.DeferConstraintsAsync"/>.
    /// </summary>
    public bool DeferConstraints { get; init; }

    /// <summary>
    /// Says that the block's statements find their rows by indexed columns, however many they ask for at once. PostgreSQL
    /// is then told to keep one plan of each prepared statement and to go through the indexes
    /// (<c>plan_cache_mode = force_generic_plan</c>; <c>enable_seqscan</c>, <c>enable_hashjoin</c>,
    /// <c>enable_mergejoin</c> and <c>jit</c> off). Otherwise the plan that a prepared statement keeps may be one for the
    /// small table of the day it was made, and reads the whole of a table that has grown until the table is analyzed
    /// (https://www.postgresql.org/docs/current/sql-prepare.html). Off by default; costs no round trip. Not for blocks
    /// that read a large part of a table.
    /// </summary>
    public bool ReadsByIndex { get; init; }

    /// <summary>
    /// The keys that the block contends on, in the order in which they are taken. They have no effect but to stand in
    /// <see cref="BusyException.Keys"/>. Empty by default.
    /// </summary>
    public IReadOnlyList<string> Keys
    {
        get;
        init => field = value ?? throw new ArgumentNullException(nameof(value));
    } = [];

    /// <summary>The same with more time for statements that write many rows: a millisecond for each beyond the first thousand.</summary>
    internal AtomicOptions GrownBy(long rows)
    {
        const int Free = 1_000;
        var grown = StatementTimeout + TimeSpan.FromMilliseconds(Math.Max(0, rows - Free));
        return rows <= Free ? this : this with { StatementTimeout = grown < TimeSpan.FromHours(1) ? grown : TimeSpan.FromHours(1) };
    }

    private static TimeSpan WholeMilliseconds(TimeSpan value, string name) =>
        value >= TimeSpan.FromMilliseconds(1) && value <= TimeSpan.FromHours(1)
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} is a time from 1 millisecond to 1 hour. To wait without a bound is not offered.");

    private static TimeSpan Pause(TimeSpan value, string name) =>
        value >= TimeSpan.Zero && value <= TimeSpan.FromMinutes(1)
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} is a time from zero to 1 minute.");
}
