using Tiebreak.Races.Sql;

namespace Tiebreak.Races.Scheduling.Dependencies;

/// <summary>
/// Whether the order of two steps of different actors can matter. What a transaction wrote becomes visible with its
/// commit: a plain read depends on the commit, not on the write.
/// </summary>
internal static class Dependency
{
    public static bool Between(Footprint one, Footprint other)
    {
        if (one.IsEverything || other.IsEverything)
        {
            return !one.IsNothing && !other.IsNothing;
        }

        return Collide(one, other, atEnd: false) || Ends(one, other) || Ends(other, one) || AreWatched(one, other);
    }

    /// <summary>Whether the first ends something that the second waits for or sees.</summary>
    private static bool Ends(Footprint end, Footprint other) => end.Ended.Any(step =>
        step.IsEverything
            ? !other.IsNothing
            : Collide(step, other, atEnd: true)
                || (end.Commits && step.Writes.Any(write => other.TakesSnapshot || other.Reads.Any(read => read.Meets(write)))));

    /// <summary>Whether one waits for what the other takes, or at its end: for what it had taken.</summary>
    private static bool Collide(Footprint one, Footprint other, bool atEnd)
    {
        var held = atEnd ? one.Writes : one.NewlyHeld;
        return one.Keys.Any(key => (!atEnd || key.EndsWithTransaction) && other.Keys.Any(key.Meets))
            || one.Locks.Any(mine => other.Locks.Any(theirs => Collide(mine, theirs)))
            || one.Locks.Any(mine => other.NewlyHeld.Any(write => Collide(mine, write)))
            || other.Locks.Any(theirs => held.Any(write => Collide(theirs, write)))
            || held.Any(write => other.NewlyHeld.Any(write.Meets));
    }

    private static bool Collide(RowSet one, RowSet other) => LockStrengths.Conflict(one.Strength, other.Strength) && one.Meets(other);

    private static bool Collide(RowSet locked, RowWrite write) =>
        (locked.IncludesNew || !write.IsInsert) && LockStrengths.Conflict(locked.Strength, write.Strength) && locked.Meets(write);

    // Which of several serializable transactions has to give way depends on when each read, wrote and committed:
    // https://www.postgresql.org/docs/current/transaction-iso.html#XACT-SERIALIZABLE.
    private static bool AreWatched(Footprint one, Footprint other) =>
        one.IsSerializable && other.IsSerializable
        && (AreAtOdds(one, other) || AreAtOdds(other, one) || Judges(one, other) || Judges(other, one));

    private static bool AreAtOdds(Footprint reader, Footprint writer) => reader.TrackedReads.Any(read => writer.Writes.Any(read.Meets));

    // Transactions are in each other's way only where they overlap, and who committed first counts.
    private static bool Judges(Footprint end, Footprint other) => end.IsJudged
        && (other.IsJudged || other.TakesSnapshot || end.Ended.Any(step => AreAtOdds(step, other) || AreAtOdds(other, step)));
}
