namespace Tiebreak.RowLocks;

/// <summary>Row locks as operators of a LINQ query. See docs/mechanisms/row-locks.md.</summary>
/// <remarks>
/// <para>
/// What all of them guarantee: the rows of <c>TEntity</c> that the query returns, and no rows of other tables, are
/// locked until the transaction of the context ends; and the values that come back are those after the lock was
/// taken, also where the context tracks an older copy of the entity (it is refreshed in place).
/// </para>
/// <para>
/// The operator stands anywhere between the set and the first <c>Select</c>. The query may use Where, OrderBy, Take,
/// Skip, First, Single, ElementAt and their variants, OfType, Include with AsSplitQuery for one row by its key, query
/// filters, FromSql over the entity's own table, tracking or not, sync, async or compiled. What cannot be locked throws
/// <see cref="RowLockNotPossibleException"/> before the statement is sent. Rows that Skip leaves out are locked too,
/// and with OrderBy a row that changed while the lock was awaited may come out of order:
/// https://www.postgresql.org/docs/current/sql-select.html#SQL-FOR-UPDATE-SHARE.
/// </para>
/// <para>
/// Running the query needs an open transaction on the context, else <see cref="RowLockOutsideTransactionException"/>;
/// the caller owns it, and its end releases the lock. A tracked entity with unsaved changes among the rows throws
/// <see cref="UnsavedChangesException"/>. Building the query is as thread-safe as any LINQ query; running it is bound
/// to its context. Lock rows of several entities, or several rows one by one, in one order everywhere.
/// </para>
/// </remarks>
public static class RowLockQueryableExtensions
{
    /// <summary>
    /// Locks the rows with FOR UPDATE: until the transaction ends nobody else changes, deletes or locks them, nor
    /// inserts a row that refers to them by a foreign key.
    /// </summary>
    /// <remarks>Prefer <see cref="ForNoKeyUpdate{TEntity}"/> unless the row is to be deleted or its key changed.</remarks>
    /// <example><code>
    /// await using var transaction = await context.Database.BeginTransactionAsync();
    /// var seat = await context.Seats.Where(s => s.Id == id).ForUpdate().SingleAsync();
    /// seat.Taken++;                       // decided on the row as it is now, with others kept out
    /// await context.SaveChangesAsync();
    /// await transaction.CommitAsync();
    /// </code></example>
    /// <typeparam name="TEntity">The entity whose rows are locked.</typeparam>
    /// <param name="source">A query over a set of the context.</param>
    /// <returns>The query with the lock.</returns>
    /// <exception cref="RowLockNotPossibleException">
    /// At once, if the query is not one of EF Core's or its context was not configured with <c>UseTiebreak()</c>.
    /// When run, if the rows of this query cannot be locked.
    /// </exception>
    public static IQueryable<TEntity> ForUpdate<TEntity>(this IQueryable<TEntity> source)
        where TEntity : class =>
        LockOperators.Append(source, ForUpdate);

    /// <summary>
    /// Locks the rows with FOR NO KEY UPDATE, the lock that an UPDATE of other than key columns takes: nobody else
    /// changes, deletes or locks them for change, while inserts of rows that refer to them by a foreign key pass.
    /// The right lock for "read, decide, change".
    /// </summary>
    /// <inheritdoc cref="ForUpdate{TEntity}"/>
    public static IQueryable<TEntity> ForNoKeyUpdate<TEntity>(this IQueryable<TEntity> source)
        where TEntity : class =>
        LockOperators.Append(source, ForNoKeyUpdate);

    /// <summary>
    /// Locks the rows with FOR SHARE: nobody else changes or deletes them, while others may take the same lock. Two
    /// that both hold it and both go on to change the row deadlock; to change it, take
    /// <see cref="ForNoKeyUpdate{TEntity}"/> from the start.
    /// </summary>
    /// <inheritdoc cref="ForUpdate{TEntity}"/>
    public static IQueryable<TEntity> ForShare<TEntity>(this IQueryable<TEntity> source)
        where TEntity : class =>
        LockOperators.Append(source, ForShare);

    /// <summary>
    /// Locks the rows with FOR KEY SHARE, the lock that a foreign key takes on the row it refers to: nobody else
    /// deletes them or changes their key, while any other change passes.
    /// </summary>
    /// <inheritdoc cref="ForUpdate{TEntity}"/>
    public static IQueryable<TEntity> ForKeyShare<TEntity>(this IQueryable<TEntity> source)
        where TEntity : class =>
        LockOperators.Append(source, ForKeyShare);
}
