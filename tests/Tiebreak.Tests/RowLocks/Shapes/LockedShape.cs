using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Tests.RowLocks.Shapes;

/// <summary>A query that locks: what its SQL ends with, and every row of the database that is locked afterwards.</summary>
/// <param name="Name">A sentence.</param>
/// <param name="Clause">The end of the locked statement.</param>
/// <param name="Locked">As <c>accounts:2 savings_accounts:2</c>, in the order of the names; empty where nothing is.</param>
/// <param name="Run">Runs it.</param>
/// <param name="Query">The query, where it can be shown.</param>
internal sealed record LockedShape(
    string Name, string Clause, string Locked, Func<ConcertContext, Task> Run, Func<ConcertContext, IQueryable>? Query = null)
{
    /// <summary>A query whose rows are read into a list.</summary>
    public static LockedShape Rows<T>(string name, string clause, string locked, Func<ConcertContext, IQueryable<T>> query) =>
        new(name, clause, locked, context => query(context).ToListAsync(), query);
}

/// <summary>A query that is refused before anything is sent.</summary>
internal sealed record RefusedShape(string Name, string Says, Func<ConcertContext, Task> Run)
{
    public static RefusedShape Rows<T>(string name, string says, Func<ConcertContext, IQueryable<T>> query) =>
        new(name, says, context => query(context).ToListAsync());
}
