using Tiebreak.Races.Findings;
using Tiebreak.Races.Reports;

namespace Tiebreak.Races.Explaining;

/// <summary>Says in a sentence what went wrong between which statements.</summary>
internal sealed class Explanations(History history, IReadOnlyList<string> names)
{
    public string Of(Anomaly anomaly, Cycle cycle)
    {
        var (reader, writer, table) = (names[cycle.Reader], names[cycle.Writer], Table(cycle.Stale.Table));
        return anomaly switch
        {
            Anomaly.StatementOverlap => $"{reader}'s and {writer}'s statements on {table} ran at the same time: each looked at the rows before the other's was committed, and both wrote.",
            Anomaly.DoubleInsert => $"{reader} and {writer} both looked into {table}, found nothing of the other, and both inserted{SameValues(cycle)}.",
            Anomaly.Phantom => Phantom(cycle, reader, writer, table),
            Anomaly.LockAfterRead => $"{reader} took its lock only after it had read {table}: what it read was from before {writer}'s change, and it was not read again under the lock.",
            Anomaly.CheckThenActAcrossTransactions => $"{reader} checked {table} in one transaction and acted on it in another; {writer} changed {table} in between.",
            Anomaly.LostUpdate => $"{reader} read {table}, {writer} then changed and committed it, and {reader} went on with what it had read.",
            Anomaly.WriteSkew => $"{reader} and {writer} each read in {table} what the other then changed; neither saw the other's change, and one at a time one of them would have.",
            Anomaly.ReadSkew => $"{reader} read {table} before {writer}'s commit and something else of {writer}'s after it: the two values never stood beside each other.",
            _ => $"{reader} did not see in {table} what {writer} wrote, and yet has to come after {writer}.",
        };
    }

    public string OfThree(ReadAccess first, ReadAccess third, WriteAccess missed) =>
        $"{names[first.Actor]} read {Table(first.Table)} too early for a change that {names[third.Actor]} already saw, and {names[third.Actor]} read {Table(third.Table)} too early for what {names[missed.Actor]} wrote there: only all together are they of no order.";

    public string RefusedInsert(int refused, int other) =>
        $"{names[history.Steps[refused].Actor]} and {names[history.Steps[other].Actor]} both inserted the same into {Table(history.Readings[refused].Target ?? "one table")}; the database refused the second ({history.Steps[refused].SqlState}), and the operation had no answer for that.";

    public string Deadlock(IReadOnlyList<int> cycle, IReadOnlyList<int> waiting)
    {
        var actors = cycle.Count > 1 ? cycle : [.. waiting.Select(position => history.Steps[position].Actor).Distinct()];
        if (actors.Count < 2)
        {
            return $"{(actors.Count == 0 ? "Some" : $"{names[actors[0]]} and others")} waited for each other in a circle, and the database made one give way. Locks taken in one order by all would not do this.";
        }

        var waits = actors.Select((actor, index) => $"{names[actor]} waits for {names[actors[(index + 1) % actors.Count]]}").ToList();
        return $"{ReportWords.And(waits)}: each holds what the next one wants. Locks taken in one order by all would not do this.";
    }

    private string Phantom(Cycle cycle, string reader, string writer, string table)
    {
        var waited = history.Steps[cycle.Stale.Step].BlockedBy.Count > 0 || cycle.Stale.Snapshot < cycle.Stale.Step;
        return waited && (cycle.Stale.Reading.TakesLock || cycle.Stale.Snapshot < cycle.Stale.Step)
            ? $"{reader} looked at {table} with a snapshot from before it had its lock: the row that {writer} committed meanwhile is not in it."
            : $"{reader} looked at {table} before {writer}'s row was committed, and went on as if it were not there.";
    }

    private string SameValues(Cycle cycle)
    {
        var mine = history.Writes.FirstOrDefault(write => write.Step == cycle.BackTo);
        var columns = mine is null ? [] : Anomalies.OnceColumns(cycle.Stale.Reading, mine.Change, cycle.Missed.Change);
        return columns.Count == 0 ? "" : $" the same {ReportWords.And(columns)}";
    }

    private static string Table(string name) => name.StartsWith("public.", StringComparison.Ordinal) ? name["public.".Length..] : name;
}
