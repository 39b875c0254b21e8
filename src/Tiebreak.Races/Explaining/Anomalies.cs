using System.Data;
using Tiebreak.Races.Findings;
using Tiebreak.Races.Resetting;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Explaining;

/// <summary>
/// Names what went wrong in a run that no order one at a time explains, by the cycle between what its actors read, wrote
/// and committed (A. Adya, "Weak consistency", 1999, https://pmg.csail.mit.edu/papers/adya-phd.pdf).
/// </summary>
internal static class Anomalies
{
    /// <summary>Names a run that is known to be bad.</summary>
    /// <param name="run">The run.</param>
    /// <param name="catalog">Of its database.</param>
    /// <param name="isolation">The level that its transactions had.</param>
    /// <param name="names">The actors' names, for the sentence.</param>
    public static NamedAnomaly Name(Run run, Catalog catalog, IsolationLevel isolation, IReadOnlyList<string> names)
    {
        var history = new History(run, catalog, isolation);
        var words = new Explanations(history, names);
        if (run.DeadlockCycle is not null || run.Trace.Steps.Any(step => step.SqlState == "40P01"))
        {
            return Deadlock(run, words);
        }

        if (RefusedInsert(history) is var (refused, other))
        {
            return new NamedAnomaly(Anomaly.DoubleInsert, [other, refused], words.RefusedInsert(refused, other));
        }

        if (Best(history) is { } best)
        {
            return new NamedAnomaly(best.Anomaly, Culprits(history, best.Anomaly, best.Cycle), words.Of(best.Anomaly, best.Cycle));
        }

        return Cycles.OfThree(history) is var (first, third, missed)
            ? new NamedAnomaly(Anomaly.WriteSkew, [first.Step, third.Step], words.OfThree(first, third, missed))
            : new NamedAnomaly(Anomaly.Unnamed, [], "The answers and rows are those of no order one at a time.");
    }

    /// <summary>The cycle that names the run best, where there is one of two actors.</summary>
    public static (Anomaly Anomaly, Cycle Cycle)? Best(History history)
    {
        var named = Cycles.OfTwo(history).Select(cycle => (Anomaly: AnomalyOf(history, cycle), Cycle: cycle)).ToList();
        return named.Count == 0 ? null : named
            .OrderBy(found => WasOverBefore(history, found.Cycle))
            .ThenBy(found => found.Cycle.Missed.Change.New is null ? 0 : 1)
            .ThenBy(found => Rank(found.Anomaly)).ThenBy(found => found.Cycle.Back).ThenBy(found => Width(found.Cycle)).First();
    }

    // Who was done before the other's write could be seen could not have done better: what it missed is no reason, the way back is.
    private static bool WasOverBefore(History history, Cycle cycle) =>
        Enumerable.Range(0, history.Steps.Count).Last(position => history.Steps[position].Actor == cycle.Reader) is var last && history.FinishedAt(last) < cycle.Missed.VisibleAt;

    /// <summary>An insert that a unique key or an exclusion refused, and the other actor's insert that it met.</summary>
    public static (int Refused, int Other)? RefusedInsert(History history)
    {
        for (var position = 0; position < history.Steps.Count; position++)
        {
            var step = history.Steps[position];
            if (step.SqlState is not ("23505" or "23P01"))
            {
                continue;
            }

            var other = history.Writes.FirstOrDefault(write => write.Actor != step.Actor && write.Change.Old is null && write.Change.Table == history.Readings[position].Target);
            if (other is not null)
            {
                return (position, other.Step);
            }
        }

        return null;
    }

    private static Anomaly AnomalyOf(History history, Cycle cycle)
    {
        var bothMissed = cycle.Back == CycleBack.OtherMissedIt;
        if (bothMissed && IsOneStatement(history, cycle.Stale.Step, cycle.BackTo) && IsOneStatement(history, cycle.BackFrom, cycle.Missed.Step))
        {
            return Anomaly.StatementOverlap;
        }

        if (IsAlone(history, cycle.Stale.Step) && IsAlone(history, cycle.Missed.Step))
        {
            return Anomaly.StatementOverlap;
        }

        var act = Act(history, cycle);
        if (cycle.Missed.Change.Old is null)
        {
            // Found nothing, and wrote all the same over what the other had put there: an upsert.
            return act is { Change.Old: not null } && RowMatch.IsSameRow(act.Change, cycle.Missed.Change, history.Catalog) ? Anomaly.LostUpdate : Inserted(history, cycle);
        }

        if (act is null)
        {
            return cycle.Back == CycleBack.SawOther ? Anomaly.ReadSkew : Anomaly.Unnamed;
        }

        if (LockBetween(history, cycle.Stale.Step, act.Step) is not null)
        {
            return Anomaly.LockAfterRead;
        }

        if (bothMissed && !SameRow(history, cycle))
        {
            return Anomaly.WriteSkew;
        }

        return history.IsSameTransaction(cycle.Stale.Step, act.Step) || OverwritesAlone(history, cycle, act) ? Anomaly.LostUpdate : Anomaly.CheckThenActAcrossTransactions;
    }

    private static Anomaly Inserted(History history, Cycle cycle)
    {
        var mine = history.Writes.FirstOrDefault(write => write.Actor == cycle.Reader && write.Change.Old is null && write.Change.Table == cycle.Stale.Table);
        if (mine is null)
        {
            return cycle.Back == CycleBack.SawOther && Act(history, cycle) is null ? Anomaly.ReadSkew : Anomaly.Phantom;
        }

        if (cycle.Back == CycleBack.OtherMissedIt && OnceColumns(cycle.Stale.Reading, mine.Change, cycle.Missed.Change).Count > 0)
        {
            return Anomaly.DoubleInsert;
        }

        // A snapshot shows no rows that appear later. What is left of it there is that each decides by what the other changes.
        return history.KeepsSnapshot && cycle.Back == CycleBack.OtherMissedIt && cycle.Stale.Step < cycle.Missed.VisibleAt ? Anomaly.WriteSkew : Anomaly.Phantom;
    }

    /// <summary>The columns by which a statement looked whether a row is there and in which two inserted rows are equal; empty when it did not look for one row.</summary>
    public static IReadOnlyList<string> OnceColumns(SqlReading reading, RowChange one, RowChange other)
    {
        var columns = reading.Highest is { } highest ? [highest]
            : reading.Aggregates.Count == 0 && reading.IsLookup ? reading.Equalities.Keys.Order(StringComparer.Ordinal).ToList()
            : [];
        var (mine, theirs) = (RowMatch.Columns(one.New), RowMatch.Columns(other.New));
        return columns.TrueForAll(column => RowMatch.Same(mine.GetValueOrDefault(column), theirs.GetValueOrDefault(column))) ? columns : [];
    }

    /// <summary>What the reader did on the strength of what it had read: its write of the cycle, else its next committed one.</summary>
    public static WriteAccess? Act(History history, Cycle cycle)
    {
        var later = history.Writes.Where(write => write.Actor == cycle.Reader && write.Step >= cycle.Stale.Step).ToList();
        return later.Find(write => write.Step == cycle.BackTo) ?? later.FirstOrDefault();
    }

    /// <summary>A step in the read's own transaction that took a lock after it and no later than the act.</summary>
    public static int? LockBetween(History history, int read, int act)
    {
        foreach (var position in history.TransactionOf(read).Where(position => position > read && position <= act && history.Readings[position].TakesLock))
        {
            return position;
        }

        return null;
    }

    private static bool SameRow(History history, Cycle cycle) => history.Writes.Any(mine => mine.Actor == cycle.Reader
        && history.Writes.Any(theirs => theirs.Actor == cycle.Writer && theirs.Change.Table == cycle.Stale.Table && RowMatch.IsSameRow(mine.Change, theirs.Change, history.Catalog)));

    // One statement that put its value over the other's: the oldest form of it, with no transaction to speak of.
    private static bool OverwritesAlone(History history, Cycle cycle, WriteAccess act) =>
        history.TransactionOf(act.Step).Count() == 1 && RowMatch.IsSameRow(act.Change, cycle.Missed.Change, history.Catalog)
        && RowMatch.Changed(act.Change).Overlaps(RowMatch.Changed(cycle.Missed.Change));

    // All that an actor did is one statement.
    private static bool IsAlone(History history, int step) =>
        Enumerable.Range(0, history.Steps.Count).Count(position => history.Steps[position].Actor == history.Steps[step].Actor && history.Steps[position].Kind == StepKind.Statement) == 1;

    private static bool IsOneStatement(History history, int read, int write) => read == write && history.TransactionOf(read).Count() == 1;

    private static List<int> Culprits(History history, Anomaly anomaly, Cycle cycle) => anomaly switch
    {
        Anomaly.StatementOverlap => InOrder(cycle.Stale.Step, cycle.Missed.Step),
        Anomaly.WriteSkew => InOrder(cycle.Stale.Step, cycle.BackFrom),
        Anomaly.DoubleInsert => InOrder(cycle.BackTo, cycle.Missed.Step),
        Anomaly.LockAfterRead => InOrder(cycle.Stale.Step, LockBetween(history, cycle.Stale.Step, Act(history, cycle)!.Step)!.Value),
        Anomaly.CheckThenActAcrossTransactions => InOrder(cycle.Stale.Step, Act(history, cycle)!.Step),
        _ => InOrder(cycle.Stale.Step, cycle.Missed.Step),
    };

    private static NamedAnomaly Deadlock(Run run, Explanations words)
    {
        var cycle = run.DeadlockCycle ?? [];
        var waiting = Enumerable.Range(0, run.Trace.Steps.Count)
            .Where(position => (run.Trace.Steps[position].BlockedBy.Count > 0 || run.Trace.Steps[position].SqlState == "40P01") && (cycle.Count == 0 || cycle.Contains(run.Trace.Steps[position].Actor)))
            .GroupBy(position => run.Trace.Steps[position].Actor)
            .Select(steps => steps.FirstOrDefault(position => run.Trace.Steps[position].SqlState == "40P01", steps.Last()))
            .ToList();
        waiting = [.. waiting.Concat(cycle.Where(actor => waiting.TrueForAll(position => run.Trace.Steps[position].Actor != actor)).Select(actor => Unseen(run.Trace, actor)).Where(position => position >= 0)).Order()];
        return new NamedAnomaly(Anomaly.Deadlock, [.. waiting.TakeLast(2)], words.Deadlock(cycle, waiting));
    }

    // The database ended the victim before anybody saw this actor wait: with what it had sent last until then.
    private static int Unseen(Trace trace, int actor)
    {
        var failed = trace.Steps.ToList().FindIndex(step => step.SqlState == "40P01");
        var next = trace.Steps.ToList().FindIndex(failed + 1, step => failed >= 0 && step.Actor == trace.Steps[failed].Actor);
        var end = next < 0 ? trace.Steps.Count : next;
        return Enumerable.Range(0, end).LastOrDefault(position => trace.Steps[position].Actor == actor && trace.Steps[position].Kind == StepKind.Statement, -1);
    }

    private static List<int> InOrder(int one, int other) => one == other ? [one] : [Math.Min(one, other), Math.Max(one, other)];

    private static int Width(Cycle cycle) => Math.Abs(cycle.Stale.Step - cycle.Missed.Step);

    private static int Rank(Anomaly anomaly) => anomaly switch
    {
        Anomaly.StatementOverlap => 0,
        Anomaly.DoubleInsert => 1,
        Anomaly.Phantom => 2,
        Anomaly.LockAfterRead => 3,
        Anomaly.CheckThenActAcrossTransactions => 4,
        Anomaly.LostUpdate => 5,
        Anomaly.WriteSkew => 6,
        Anomaly.ReadSkew => 7,
        _ => 8,
    };
}
