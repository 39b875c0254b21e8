using Microsoft.EntityFrameworkCore.Query;

namespace Tiebreak.Updates;

/// <summary>Changes rows under a condition and returns them as they are after it, in one statement.</summary>
/// <remarks>
/// <para>
/// PostgreSQL checks the condition again on the row as it is once the statement has its lock, so two that come at the
/// same moment are judged one after the other
/// (https://www.postgresql.org/docs/current/transaction-iso.html#XACT-READ-COMMITTED). That holds for the columns of
/// the row itself: what the condition reads of other tables, by a navigation or a subquery, is as of the statement's
/// start. A shape for which it would not hold is refused with <see cref="UpdateNotPossibleException"/>.
/// </para>
/// <para>
/// The query is a set of the context with Where, OfType and query filters; TPH and concrete types of TPC work. Rows
/// come back tracked, one that is tracked already brought up to date in place; with AsNoTracking they come back
/// untracked and what the context tracks stays as it was. While the context tracks an entity of this type with changes
/// that are not saved, a tracking call is refused before anything is sent.
/// </para>
/// <para>
/// Outside a transaction each runs in one of its own, which is committed once the rows are read and the tracked entities
/// have taken them: whatever fails on the way back leaves the rows as they were, and the entities too. That is two round
/// trips. A connection that is lost before its COMMIT is <see cref="Transactions.ConnectionLostException"/>, during it
/// <see cref="Transactions.CommitOutcomeUnknownException"/>, which EnableRetryOnFailure does not repeat. Inside a
/// transaction each is one round trip, two where the context tracks entities of the type (a savepoint goes before it),
/// and the rows stay locked until it ends. At REPEATABLE READ and above a row that
/// changed meanwhile is an error (SQLSTATE 40001), which <c>AtomicAsync</c> tries again. Use a context from one thread
/// at a time, as always.
/// </para>
/// </remarks>
public static class ReturningQueryableExtensions
{
    /// <summary>Changes the rows that the query matches and returns them as they are now.</summary>
    /// <example><code>
    /// var taken = await db.Seats.Where(s => s.EventId == id &amp;&amp; s.Taken &lt; s.Places)
    ///     .UpdateReturningAsync(set => set.SetProperty(s => s.Taken, s => s.Taken + 1), ct);
    /// </code></example>
    /// <typeparam name="TEntity">The entity.</typeparam>
    /// <param name="source">Which rows, and the condition under which they are changed.</param>
    /// <param name="setters">What is set, as for ExecuteUpdate.</param>
    /// <param name="cancellationToken">Ends the statement; outside a transaction it may have taken effect.</param>
    /// <returns>The changed rows in no particular order; empty where none matched.</returns>
    /// <exception cref="UpdateNotPossibleException">The shape is not one that is judged and returned in one statement, or a tracked entity cannot take its row. Nothing was changed.</exception>
    /// <exception cref="RowLocks.UnsavedChangesException">The context tracks an entity of this type with unsaved changes.</exception>
    public static async Task<IReadOnlyList<TEntity>> UpdateReturningAsync<TEntity>(
        this IQueryable<TEntity> source, Action<UpdateSettersBuilder<TEntity>> setters, CancellationToken cancellationToken = default)
        where TEntity : class
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(setters);
        return await ReturningOperators.ReadAsync(source, ReturningOperators.Update(source, ChangeKind.Rows, setters), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Changes one row if the condition holds and returns it as it is now. The query names the row by its primary key
    /// or by a unique index, each property compared to a value with <c>==</c>; otherwise it is refused before anything
    /// is sent.
    /// </summary>
    /// <inheritdoc cref="UpdateReturningAsync" path="/typeparam|/exception"/>
    /// <param name="source">Which row, and the condition under which it is changed.</param>
    /// <param name="setters">What is set, as for ExecuteUpdate.</param>
    /// <param name="cancellationToken">Ends the statement; outside a transaction it may have taken effect.</param>
    /// <returns>The changed row; null where there is no such row or the condition did not hold.</returns>
    public static async Task<TEntity?> TryUpdateReturningAsync<TEntity>(
        this IQueryable<TEntity> source, Action<UpdateSettersBuilder<TEntity>> setters, CancellationToken cancellationToken = default)
        where TEntity : class
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(setters);
        var rows = await ReturningOperators.ReadAsync(source, ReturningOperators.Update(source, ChangeKind.OneRow, setters), cancellationToken).ConfigureAwait(false);
        return rows.SingleOrDefault();
    }

    /// <summary>
    /// Deletes the rows that the query matches and returns them as they last were: of many who claim a token, one gets
    /// it. The returned entities are not tracked; one that the context tracked is brought up to date and forgotten.
    /// </summary>
    /// <inheritdoc cref="UpdateReturningAsync" path="/typeparam|/exception"/>
    /// <param name="source">Which rows, and the condition under which they are deleted.</param>
    /// <param name="cancellationToken">Ends the statement; outside a transaction it may have taken effect.</param>
    /// <returns>The deleted rows in no particular order; empty where none matched.</returns>
    public static async Task<IReadOnlyList<TEntity>> DeleteReturningAsync<TEntity>(this IQueryable<TEntity> source, CancellationToken cancellationToken = default)
        where TEntity : class
    {
        ArgumentNullException.ThrowIfNull(source);
        return await ReturningOperators.ReadAsync(source, ReturningOperators.Delete(source), cancellationToken).ConfigureAwait(false);
    }
}
