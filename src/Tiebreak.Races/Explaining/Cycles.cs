namespace Tiebreak.Races.Explaining;

/// <summary>Finds the cycles of a run's dependencies.</summary>
internal static class Cycles
{
    /// <summary>Every cycle of two actors, the earliest first.</summary>
    public static IEnumerable<Cycle> OfTwo(History history)
    {
        foreach (var read in history.Reads)
        {
            foreach (var write in history.Writes.Where(read.Missed))
            {
                foreach (var cycle in Back(history, read, write))
                {
                    yield return cycle;
                }
            }
        }
    }

    /// <summary>
    /// A cycle that takes three: the reader missed what the writer wrote, a third saw the writer's work, and that third
    /// missed what the reader wrote.
    /// </summary>
    public static (ReadAccess First, ReadAccess Third, WriteAccess Missed)? OfThree(History history)
    {
        foreach (var first in history.Reads)
        {
            foreach (var write in history.Writes.Where(first.Missed))
            {
                var thirds = history.Reads.Where(read => read.Actor != first.Actor && read.Saw(write)).Select(read => read.Actor).Distinct();
                foreach (var third in history.Reads.Where(read => thirds.Contains(read.Actor)))
                {
                    if (history.Writes.FirstOrDefault(other => other.Actor == first.Actor && third.Missed(other)) is { } missed)
                    {
                        return (first, third, missed);
                    }
                }
            }
        }

        return null;
    }

    private static IEnumerable<Cycle> Back(History history, ReadAccess read, WriteAccess write)
    {
        foreach (var mine in history.Writes.Where(mine => mine.Actor == read.Actor))
        {
            foreach (var theirs in history.Reads.Where(theirs => theirs.Actor == write.Actor && theirs.Missed(mine)))
            {
                yield return new Cycle(read, write, CycleBack.OtherMissedIt, theirs.Step, mine.Step);
            }

            foreach (var theirs in history.Writes.Where(theirs => theirs.Actor == write.Actor
                && theirs.VisibleAt <= history.FinishedAt(mine.Step) && RowMatch.IsSameRow(mine.Change, theirs.Change, history.Catalog)))
            {
                yield return new Cycle(read, write, CycleBack.Overwrote, theirs.Step, mine.Step);
            }
        }

        foreach (var (theirs, step) in history.Writes.Where(theirs => theirs.Actor == write.Actor).SelectMany(theirs => Sightings(history, read.Actor, theirs).Select(step => (theirs, step))))
        {
            yield return new Cycle(read, write, CycleBack.SawOther, theirs.Step, step);
        }
    }

    // Plain reads that saw the write, and statements that looked for a row to change after it was visible.
    private static IEnumerable<int> Sightings(History history, int actor, WriteAccess write) =>
        history.Reads.Where(read => read.Actor == actor && read.Saw(write)).Select(read => read.Step)
            .Concat(Enumerable.Range(0, history.Steps.Count).Where(position => history.Steps[position].Actor == actor
                && history.Steps[position].SqlState is null && history.Readings[position].Verb is "update" or "delete"
                && history.Readings[position].Target == write.Change.Table && history.FinishedAt(position) >= write.VisibleAt
                && RowMatch.Covers(history.Readings[position], write.Change)));
}
