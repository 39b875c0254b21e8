namespace Tiebreak.RowLocks;

/// <summary>Why a query cannot be locked, and what to write instead.</summary>
internal static class Refusals
{
    public static RowLockNotPossibleException Operator(RowLock @lock, string name, string instead) =>
        new($"{Name(@lock)} cannot be combined with {name}. {instead}");

    public static RowLockNotPossibleException Twice() =>
        new("The query asks for two row locks. Keep the stronger one.");

    public static RowLockNotPossibleException InSubquery() =>
        new("A row lock stands inside a subquery, a lambda or a query that another query captured; PostgreSQL would lock other rows than the ones you see, or none. Run the locked query first, on its own, and use its result in the next one.");

    public static RowLockNotPossibleException Root(RowLock @lock, string entity) =>
        new($"{Name(@lock)} must stand on a query that starts at a set of the context, as in context.Set<{entity}>().Where(...){Name(@lock)}.");

    public static RowLockNotPossibleException Keyless(RowLock @lock, string entity) =>
        new($"{Name(@lock)}: '{entity}' has no primary key, so a locked row cannot be told from another. Lock the entity that owns the table.");

    public static RowLockNotPossibleException Owned(RowLock @lock, string entity) =>
        new($"{Name(@lock)}: '{entity}' is owned by another entity. Lock the owner.");

    public static RowLockNotPossibleException OfBeforeLock() =>
        new("Of(...) has no row lock before it. It adds rows to a lock: write .ForNoKeyUpdate().Of(x => x.Navigation), in this order.");

    public static RowLockNotPossibleException OfWhat(RowLock @lock, string what, string why) =>
        new($"{Name(@lock)}.Of(...): '{what}' {why}. Of locks the row of a required reference, as in Of(x => x.Parent) or Of(x => x.Parent.Grandparent).");

    public static RowLockNotPossibleException WaitIsPartOfTheQuery(RowLockWait wait) =>
        new($"A compiled query was called with RowLockWait.{wait}. Whether it waits, fails or skips is part of its text; only the time may be a parameter. Write .ForUpdate(RowLockWait.UpTo(time)) with the time as a parameter, or a compiled query for each way to wait.");

    public static RowLockNotPossibleException NoTable(LockedQuery query) =>
        new($"{Name(query)}: '{query.EntityName}' is not mapped to a table (a view, a function, SQL, or an abstract type of TPC), and only rows of tables can be locked. Lock the entity that is mapped to the table, or the concrete type.");

    public static RowLockNotPossibleException NoCandidate(LockedQuery query) =>
        new($"{Name(query)}: the table of '{query.EntityName}' is not directly in FROM of this statement (a subquery, a set operation, a view, or several tables of a hierarchy stand there instead). Write Where and OrderBy before Take and Skip; for a TPC hierarchy lock one concrete type, as in context.Set<Derived>(){Name(query)}.");

    public static RowLockNotPossibleException Ambiguous(LockedQuery query) =>
        new($"{Name(query)}: the statement reads the table of '{query.EntityName}' more than once, so it is open which of the rows is meant. Find the keys in a query of their own, then lock by key: Where(x => keys.Contains(x.Id)){Name(query)}.");

    public static RowLockNotPossibleException OptionalSide(LockedQuery query) =>
        new($"{Name(query)}: '{query.EntityName}' is on the optional side of an outer join, where PostgreSQL locks no rows. Start the query at '{query.EntityName}'.");

    public static RowLockNotPossibleException NotOneRowEach(LockedQuery query) =>
        new($"{Name(query)}: DISTINCT and GROUP BY return rows that are no rows of a table. Lock with a plain query first, then aggregate in memory or in a second statement.");

    public static RowLockNotPossibleException ValueFromElsewhere(LockedQuery query, string column) =>
        new($"{Name(query)}: the selected column '{column}' is not of the locked row of '{query.EntityName}'; after a wait for the lock it would still have the value from before. Load related rows in a second statement: Include(...) with AsSplitQuery() for a collection, a query of its own for a reference (IgnoreAutoIncludes() leaves out what the model includes); a derived type of TPT is locked through its own set.");

    public static RowLockNotPossibleException SubqueryInSelect(LockedQuery query) =>
        new($"{Name(query)}: a subquery in Select (a count, a sum, a related value) would still have the value from before the wait for the lock. Lock first, then ask for it in a second statement.");

    public static RowLockNotPossibleException ChildrenOfUnsureRow(LockedQuery query) =>
        new($"{Name(query)}: a split query reads the children in a second statement that looks its rows up again, and that may find other rows than the locked ones (or more, and then children are lost) unless the filter names the whole key of one '{query.EntityName}' and nothing of other tables. Lock first, without the children, then read them: context.Entry(x).Collection(...).LoadAsync(), or a query by the keys of the locked rows.");

    public static RowLockNotPossibleException RawSql(LockedQuery query, string why) =>
        new($"{Name(query)}: the SQL given to FromSql {why}. Only a plain SELECT ... FROM the table of '{query.EntityName}' [WHERE ...] [ORDER BY ...] [LIMIT ...] can be locked from outside; otherwise find the keys with it, then lock by key.");

    public static RowLockNotPossibleException RawSqlWithOwned(LockedQuery query) =>
        new($"{Name(query)}: EF Core reads what '{query.EntityName}' owns through a join beside the SQL given to FromSql, and joined rows show the state from before the wait for the lock. Find the keys with FromSql, then lock by key.");

    public static RowLockNotPossibleException TrackedAndUnreachable(LockedQuery query, string entity) =>
        new($"{Name(query)}: the query returns '{entity}', of which this context already tracks rows, and they cannot all be refreshed (a reference of an included entity, children in a projection, JSON, an optional complex value inside another): old copies would come back, or children that others removed would stay. Use a fresh context, context.ChangeTracker.Clear() before it, or AsNoTracking().");

    public static RowLockNotPossibleException OptionalValueCameOrWent(string entity, string property) =>
        new($"The locked row has, or no longer has, the optional complex value '{property}' of the tracked '{entity}', and EF Core's change tracker cannot be told so. The row is locked. Use a fresh context, context.ChangeTracker.Clear() before the query, or AsNoTracking().");

    private static string Name(LockedQuery query) => Name(query.Lock);

    private static string Name(RowLock @lock) => $".For{@lock.Strength}()";
}
