using System.Globalization;
using System.Runtime.InteropServices;

namespace Tiebreak.RowLocks;

/// <summary>
/// What a locked query does about a row that somebody else holds: wait, fail, leave it out, or wait up to a time. A
/// value, safe to share between threads; <c>default</c> is <see cref="Default"/>.
/// </summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct RowLockWait
{
    /// <summary>PostgreSQL keeps lock_timeout as whole milliseconds in 31 bits: a little under 25 days.</summary>
    internal const int LongestMs = int.MaxValue;

    private RowLockWait(RowLockWaitMode mode, int milliseconds = 0)
    {
        Mode = mode;
        Milliseconds = milliseconds;
    }

    /// <summary>
    /// Waits as long as the transaction's <c>lock_timeout</c> says (without one, for ever, or until the command
    /// timeout). Its end is SQLSTATE 55P03.
    /// </summary>
    public static RowLockWait Default => default;

    /// <summary>Does not wait (NOWAIT): a row that somebody else holds is SQLSTATE 55P03 at once, and the transaction is aborted by it.</summary>
    public static RowLockWait None => new(RowLockWaitMode.None);

    /// <summary>
    /// Leaves out the rows that somebody else holds (SKIP LOCKED). For work that any free row will do for, as in a
    /// queue: what comes back is not all that matches, and an empty answer does not mean that there is none.
    /// </summary>
    public static RowLockWait SkipLocked => new(RowLockWaitMode.SkipLocked);

    internal RowLockWaitMode Mode { get; }

    internal int Milliseconds { get; }

    /// <summary>
    /// Waits up to a time for each row, and for the table: then it is SQLSTATE 55P03. The time travels with the query as
    /// a parameter (no round trip more, one compiled query for all times); the transaction's own <c>lock_timeout</c>
    /// is back in force when the query has ended.
    /// </summary>
    /// <remarks>
    /// It bounds each single wait, as <c>lock_timeout</c> does:
    /// https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT. A query that meets
    /// several held rows may wait several times. A command timeout that is shorter ends the query first.
    /// </remarks>
    /// <param name="time">From 1 ms to 2,147,483,647 ms (24.8 days). A fraction of a millisecond is rounded up.</param>
    /// <returns>The way to wait.</returns>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="time"/> is zero, negative, infinite, under a millisecond, or longer than PostgreSQL can count.
    /// </exception>
    public static RowLockWait UpTo(TimeSpan time)
    {
        if (time == Timeout.InfiniteTimeSpan || time == TimeSpan.MaxValue)
        {
            throw OutOfRange(time, "To wait without a bound write RowLockWait.Default (the transaction's lock_timeout still counts).");
        }

        if (time <= TimeSpan.Zero)
        {
            throw OutOfRange(time, "PostgreSQL reads a lock_timeout of 0 as no bound at all. Not to wait write RowLockWait.None, to wait without a bound RowLockWait.Default.");
        }

        if (time < TimeSpan.FromMilliseconds(1))
        {
            throw OutOfRange(time, "PostgreSQL counts whole milliseconds. Write at least TimeSpan.FromMilliseconds(1), or RowLockWait.None not to wait.");
        }

        return time.TotalMilliseconds > LongestMs
            ? throw OutOfRange(time, "PostgreSQL counts up to 2,147,483,647 ms (24.8 days). Write RowLockWait.Default to wait without a bound.")
            : new RowLockWait(RowLockWaitMode.UpTo, (int)Math.Ceiling(time.TotalMilliseconds));
    }

    /// <summary>The way to wait, in words.</summary>
    /// <returns>Its name; with the time for <see cref="UpTo"/>.</returns>
    public override string ToString() => Mode == RowLockWaitMode.UpTo
        ? string.Create(CultureInfo.InvariantCulture, $"UpTo {Milliseconds} ms")
        : Mode.ToString();

    private static ArgumentOutOfRangeException OutOfRange(TimeSpan time, string instead) => new(nameof(time), time, instead);
}
