using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore.Query;

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
    /// <remarks>Prefer <see cref="ForNoKeyUpdate{TEntity}(IQueryable{TEntity})"/> unless the row is to be deleted or its key changed.</remarks>
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

    /// <inheritdoc cref="ForUpdate{TEntity}(IQueryable{TEntity})"/>
    /// <param name="source">A query over a set of the context.</param>
    /// <param name="wait">What to do about a row that somebody else holds.</param>
    public static IQueryable<TEntity> ForUpdate<TEntity>(this IQueryable<TEntity> source, [NotParameterized] RowLockWait wait)
        where TEntity : class =>
        LockOperators.Append(source, ForUpdate, wait);

    /// <summary>
    /// Locks the rows with FOR NO KEY UPDATE, the lock that an UPDATE of other than key columns takes: nobody else
    /// changes, deletes or locks them for change, while inserts of rows that refer to them by a foreign key pass.
    /// The right lock for "read, decide, change".
    /// </summary>
    /// <inheritdoc cref="ForUpdate{TEntity}(IQueryable{TEntity})"/>
    public static IQueryable<TEntity> ForNoKeyUpdate<TEntity>(this IQueryable<TEntity> source)
        where TEntity : class =>
        LockOperators.Append(source, ForNoKeyUpdate);

    /// <inheritdoc cref="ForNoKeyUpdate{TEntity}(IQueryable{TEntity})"/>
    /// <param name="source">A query over a set of the context.</param>
    /// <param name="wait">What to do about a row that somebody else holds.</param>
    public static IQueryable<TEntity> ForNoKeyUpdate<TEntity>(this IQueryable<TEntity> source, [NotParameterized] RowLockWait wait)
        where TEntity : class =>
        LockOperators.Append(source, ForNoKeyUpdate, wait);

    /// <summary>
    /// Locks the rows with FOR SHARE: nobody else changes or deletes them, while others may take the same lock. Two
    /// that both hold it and both go on to change the row deadlock; to change it, take
    /// <see cref="ForNoKeyUpdate{TEntity}(IQueryable{TEntity})"/> from the start.
    /// </summary>
    /// <inheritdoc cref="ForUpdate{TEntity}(IQueryable{TEntity})"/>
    public static IQueryable<TEntity> ForShare<TEntity>(this IQueryable<TEntity> source)
        where TEntity : class =>
        LockOperators.Append(source, ForShare);

    /// <inheritdoc cref="ForShare{TEntity}(IQueryable{TEntity})"/>
    /// <param name="source">A query over a set of the context.</param>
    /// <param name="wait">What to do about a row that somebody else holds.</param>
    public static IQueryable<TEntity> ForShare<TEntity>(this IQueryable<TEntity> source, [NotParameterized] RowLockWait wait)
        where TEntity : class =>
        LockOperators.Append(source, ForShare, wait);

    /// <summary>
    /// Locks the rows with FOR KEY SHARE, the lock that a foreign key takes on the row it refers to: nobody else
    /// deletes them or changes their key, while any other change passes.
    /// </summary>
    /// <inheritdoc cref="ForUpdate{TEntity}(IQueryable{TEntity})"/>
    public static IQueryable<TEntity> ForKeyShare<TEntity>(this IQueryable<TEntity> source)
        where TEntity : class =>
        LockOperators.Append(source, ForKeyShare);

    /// <inheritdoc cref="ForKeyShare{TEntity}(IQueryable{TEntity})"/>
    /// <param name="source">A query over a set of the context.</param>
    /// <param name="wait">What to do about a row that somebody else holds.</param>
    public static IQueryable<TEntity> ForKeyShare<TEntity>(this IQueryable<TEntity> source, [NotParameterized] RowLockWait wait)
        where TEntity : class =>
        LockOperators.Append(source, ForKeyShare, wait);

    /// <summary>
    /// Also locks the row that a required reference leads to (each row on the way of a chain), with the same lock and the
    /// same way to wait. Its values are then those after the lock, too: it may be included in the same statement, its
    /// columns selected, and where a tracking query returns the entity, a tracked copy of the reference is refreshed
    /// beside it.
    /// </summary>
    /// <remarks>
    /// Stands behind the lock and before Select; may be repeated. A row whose reference was changed by others while the
    /// lock was awaited is left out of the result, as one that no longer matches the filter is: PostgreSQL judges the
    /// join again with the rows that it has locked.
    /// </remarks>
    /// <example><code>
    /// var booking = await context.Bookings.Include(b => b.Concert).ForNoKeyUpdate().Of(b => b.Concert).SingleAsync(b => b.Id == id);
    /// </code></example>
    /// <typeparam name="TEntity">The entity whose rows are locked.</typeparam>
    /// <typeparam name="TReference">The entity that it refers to.</typeparam>
    /// <param name="source">A query with a lock.</param>
    /// <param name="navigation">The reference, as <c>x => x.Parent</c> or <c>x => x.Parent.Grandparent</c>.</param>
    /// <returns>The query with the lock on both.</returns>
    /// <exception cref="RowLockNotPossibleException">
    /// At once as for the lock itself. When run, before anything is sent: no lock stands before it, or it does not name
    /// a required reference (but a collection, an optional or owned one, a column), or the row is not joined by its
    /// table alone.
    /// </exception>
    public static IQueryable<TEntity> Of<TEntity, TReference>(this IQueryable<TEntity> source, Expression<Func<TEntity, TReference?>> navigation)
        where TEntity : class
        where TReference : class
    {
        ArgumentNullException.ThrowIfNull(navigation);
        var method = new Func<IQueryable<TEntity>, Expression<Func<TEntity, TReference?>>, IQueryable<TEntity>>(Of).Method;
        return LockOperators.Append(source, nameof(Of), expression => Expression.Call(method, expression, Expression.Quote(navigation)));
    }
}
