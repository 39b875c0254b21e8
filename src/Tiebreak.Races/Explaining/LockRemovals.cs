using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Explaining;

/// <summary>Finds the locks that actors take: locking clauses, advisory locks, LOCK TABLE.</summary>
internal static class LockRemovals
{
    /// <summary>Each lock of each actor once, in order of first use.</summary>
    public static IReadOnlyList<LockRemoval> Of(IEnumerable<Trace> traces) =>
        [.. traces.SelectMany(trace => trace.Steps)
            .Where(step => step.Kind == StepKind.Statement)
            .DistinctBy(step => (step.Actor, SqlRewriting.Shape(step.Sql)))
            .Select(Removal)
            .OfType<LockRemoval>()
            .OrderBy(removal => removal.Actor)];

    private static LockRemoval? Removal(Step step)
    {
        var shape = SqlRewriting.Shape(step.Sql);
        return Without(step.Sql) is null ? null : new LockRemoval(
            step.Actor,
            SqlForReading.Of(step.Sql, step.Parameters),
            sql => SqlRewriting.Shape(sql) == shape ? Without(sql) ?? sql : sql);
    }

    private static string? Without(string sql)
    {
        if (SqlRewriting.RemoveTableLock(sql) is { } unlocked)
        {
            return unlocked;
        }

        var rows = SqlRewriting.RemoveLocks(sql);
        return SqlRewriting.RemoveAdvisoryLocks(rows ?? sql) ?? rows;
    }
}
