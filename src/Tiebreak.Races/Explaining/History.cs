using System.Data;
using Tiebreak.Races.Resetting;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Explaining;

/// <summary>What each statement of a run read and wrote, in which transaction, and from when on others could see it.</summary>
internal sealed class History
{
    private readonly double[] _finished;
    private readonly int[] _transaction;

    public History(Run run, Catalog catalog, IsolationLevel isolation)
    {
        (Run, Catalog) = (run, catalog);
        Steps = run.Trace.Steps;
        Readings = [.. Steps.Select(step => SqlReader.Read(step.Sql, step.Parameters, catalog))];
        _finished = [.. Enumerable.Range(0, Steps.Count).Select(Finished)];
        _transaction = new int[Steps.Count];
        Number();
        KeepsSnapshot = isolation is IsolationLevel.RepeatableRead or IsolationLevel.Snapshot or IsolationLevel.Serializable;
        Writes = [.. Enumerable.Range(0, Steps.Count).SelectMany(position => WritesOf(position))];
        Reads = [.. Enumerable.Range(0, Steps.Count).Where(Counts).SelectMany(ReadsOf)];
    }

    public Run Run { get; }

    public Catalog Catalog { get; }

    /// <summary>Whether a transaction sees until its end what was committed when it began.</summary>
    public bool KeepsSnapshot { get; }

    public IReadOnlyList<Step> Steps { get; }

    public IReadOnlyList<SqlReading> Readings { get; }

    /// <summary>Tables that statements looked at.</summary>
    public IReadOnlyList<ReadAccess> Reads { get; }

    /// <summary>Rows written by transactions that were committed.</summary>
    public IReadOnlyList<WriteAccess> Writes { get; }

    /// <summary>When a statement came back: its position, or that of the step that let it go on.</summary>
    public double FinishedAt(int position) => _finished[position];

    public bool IsSameTransaction(int one, int other) => _transaction[one] == _transaction[other];

    /// <summary>The statements of a step's transaction, its end not among them.</summary>
    public IEnumerable<int> TransactionOf(int position) =>
        Enumerable.Range(0, Steps.Count).Where(other => _transaction[other] == _transaction[position] && Steps[other].Kind == StepKind.Statement);

    private void Number()
    {
        var open = new Dictionary<(int Actor, int Connection), int>();
        for (var position = 0; position < Steps.Count; position++)
        {
            var step = Steps[position];
            if (step.IsAutocommit)
            {
                _transaction[position] = position;
                continue;
            }

            var key = (step.Actor, step.Connection);
            _transaction[position] = open.TryGetValue(key, out var first) ? first : open[key] = position;
            if (step.Kind != StepKind.Statement)
            {
                open.Remove(key);
            }
        }
    }

    private double Finished(int position)
    {
        var step = Steps[position];
        if (step.BlockedBy.Count == 0)
        {
            return position;
        }

        var next = Enumerable.Range(position + 1, Steps.Count - position - 1).FirstOrDefault(other => Steps[other].Actor == step.Actor, Steps.Count);
        return (step.ResumedBy ?? next - 1) + 0.5;
    }

    // From when on others see what the transaction did; nothing when it was not committed.
    private double? VisibleAt(int position)
    {
        if (Steps[position].SqlState is not null)
        {
            return null;
        }

        if (Steps[position].IsAutocommit)
        {
            return _finished[position];
        }

        var end = Enumerable.Range(position, Steps.Count - position).FirstOrDefault(other => _transaction[other] == _transaction[position] && Steps[other].Kind != StepKind.Statement, -1);
        return end >= 0 && Steps[end].Kind == StepKind.Commit && Steps[end].SqlState is null && Steps[end].Tag != "ROLLBACK" ? _finished[end] : null;
    }

    private bool Counts(int position) =>
        Steps[position].Kind == StepKind.Statement && Steps[position].SqlState is null
        && (Run.Outcome is null || Run.Outcome.Ends[Steps[position].Actor].TookEffect);

    private IEnumerable<WriteAccess> WritesOf(int position) => VisibleAt(position) is { } visible
        ? Steps[position].Changes.Select(change => new WriteAccess(position, Steps[position].Actor, change, visible))
        : [];

    private IEnumerable<ReadAccess> ReadsOf(int position)
    {
        var snapshot = KeepsSnapshot ? TransactionOf(position).First() : position;
        var reading = Readings[position];
        foreach (var table in reading.Reads)
        {
            yield return new ReadAccess(position, Steps[position].Actor, table, reading, snapshot, KeepsSnapshot || !reading.LocksRows ? snapshot : _finished[position]);
        }

        // It looks for the rows that it changes, and passes by those that are not there yet.
        if (reading is { Verb: "update" or "delete", Target: { } target } && !reading.Reads.Contains(target, StringComparer.Ordinal))
        {
            yield return new ReadAccess(position, Steps[position].Actor, target, reading, snapshot, double.MaxValue);
        }
    }
}

/// <summary>A table that a statement looked at.</summary>
/// <param name="Step">Position in the trace.</param>
/// <param name="Actor">Whose.</param>
/// <param name="Table">Full name.</param>
/// <param name="Reading">The statement.</param>
/// <param name="Snapshot">Commits after this moment were not seen.</param>
/// <param name="RowsSnapshot">The same for rows that were there already: a locking statement reads them again after waiting, and one that writes does not read them but changes them.</param>
internal sealed record ReadAccess(int Step, int Actor, string Table, SqlReading Reading, double Snapshot, double RowsSnapshot)
{
    /// <summary>Whether a committed change of a row that the statement looks at was not seen by it.</summary>
    public bool Missed(WriteAccess write) => Concerns(write) && write.VisibleAt > (write.Change.Old is null ? Snapshot : RowsSnapshot);

    /// <summary>Whether it saw the change.</summary>
    public bool Saw(WriteAccess write) => RowsSnapshot < double.MaxValue && Concerns(write) && !Missed(write);

    private bool Concerns(WriteAccess write) => write.Actor != Actor && write.Change.Table == Table && RowMatch.Covers(Reading, write.Change);
}

/// <summary>A row that a committed transaction wrote.</summary>
/// <param name="Step">Position in the trace.</param>
/// <param name="Actor">Whose.</param>
/// <param name="Change">The row.</param>
/// <param name="VisibleAt">When it was committed.</param>
internal sealed record WriteAccess(int Step, int Actor, RowChange Change, double VisibleAt);
