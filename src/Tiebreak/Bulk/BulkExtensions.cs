using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Bulk;

/// <summary>
/// Writes many rows in one statement, with one array a column (<c>unnest</c>), from the model of any
/// <see cref="DbContext"/> on Npgsql; <c>UseTiebreak()</c> is not needed.
/// </summary>
public static class BulkExtensions
{
    /// <summary>A batch of bulk statements that go in one round trip.</summary>
    /// <param name="context">The context whose model, connection and current transaction are used; it stays the caller's.</param>
    /// <returns>An empty batch.</returns>
    public static BulkBatch Bulk(this DbContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new BulkBatch(context);
    }

    /// <inheritdoc cref="BulkBatch.Insert"/>
    /// <summary>Inserts rows in one round trip; a row that violates a constraint fails all. An empty list sends nothing.</summary>
    /// <example><code>await db.BulkInsertAsync(uses, ct);</code></example>
    /// <param name="context">The context whose model, connection and current transaction are used.</param>
    /// <param name="rows">The rows, of one mapped entity type (types derived from it in the same table included).</param>
    /// <param name="cancellationToken">Ends the wait and rolls back.</param>
    /// <returns>How many rows were inserted.</returns>
    /// <exception cref="DbUpdateException">The server or the connection failed; see <see cref="BulkBatch.ExecuteAsync"/>.</exception>
    public static async Task<int> BulkInsertAsync<TRow>(this DbContext context, IEnumerable<TRow> rows, CancellationToken cancellationToken = default)
        where TRow : class
    {
        var bulk = context.Bulk();
        bulk.Insert(rows);
        return await bulk.ExecuteAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc cref="BulkBatch.InsertOrIgnore"/>
    /// <example><code>var result = await db.BulkInsertOrIgnoreAsync(uses, use => new { use.Code, use.UserId }, ct);</code></example>
    /// <param name="context">The context whose model, connection and current transaction are used.</param>
    /// <param name="rows">The rows, of one mapped entity type.</param>
    /// <param name="conflictOn">The unique properties on which a conflict is ignored; left out: any conflict is.</param>
    /// <param name="cancellationToken">Ends the wait and rolls back.</param>
    /// <returns>Which rows went in.</returns>
    /// <exception cref="DbUpdateException">The server or the connection failed; see <see cref="BulkBatch.ExecuteAsync"/>.</exception>
    public static async Task<BulkResult<TRow>> BulkInsertOrIgnoreAsync<TRow>(
        this DbContext context, IEnumerable<TRow> rows, Expression<Func<TRow, object?>>? conflictOn = null, CancellationToken cancellationToken = default)
        where TRow : class
    {
        var bulk = context.Bulk();
        var result = bulk.InsertOrIgnore(rows, conflictOn);
        await bulk.ExecuteAsync(cancellationToken).ConfigureAwait(false);
        return result;
    }

    /// <inheritdoc cref="BulkBatch.Update"/>
    /// <example><code>var result = await db.BulkUpdateAsync(invites, invite => new { invite.Used }, ct);</code></example>
    /// <param name="context">The context whose model, connection and current transaction are used.</param>
    /// <param name="rows">The rows, one for each key.</param>
    /// <param name="properties">What to write; left out: everything but the key and shadow properties.</param>
    /// <param name="cancellationToken">Ends the wait and rolls back.</param>
    /// <returns>Which rows were there.</returns>
    /// <exception cref="DbUpdateException">The server or the connection failed; see <see cref="BulkBatch.ExecuteAsync"/>.</exception>
    public static async Task<BulkResult<TRow>> BulkUpdateAsync<TRow>(
        this DbContext context, IEnumerable<TRow> rows, Expression<Func<TRow, object?>>? properties = null, CancellationToken cancellationToken = default)
        where TRow : class
    {
        var bulk = context.Bulk();
        var result = bulk.Update(rows, properties);
        await bulk.ExecuteAsync(cancellationToken).ConfigureAwait(false);
        return result;
    }

    /// <inheritdoc cref="BulkBatch.Delete"/>
    /// <example><code>var result = await db.BulkDeleteAsync(memberships, ct);</code></example>
    /// <param name="context">The context whose model, connection and current transaction are used.</param>
    /// <param name="rows">The rows, one for each key.</param>
    /// <param name="cancellationToken">Ends the wait and rolls back.</param>
    /// <returns>Which rows were there.</returns>
    /// <exception cref="DbUpdateException">The server or the connection failed; see <see cref="BulkBatch.ExecuteAsync"/>.</exception>
    public static async Task<BulkResult<TRow>> BulkDeleteAsync<TRow>(this DbContext context, IEnumerable<TRow> rows, CancellationToken cancellationToken = default)
        where TRow : class
    {
        var bulk = context.Bulk();
        var result = bulk.Delete(rows);
        await bulk.ExecuteAsync(cancellationToken).ConfigureAwait(false);
        return result;
    }
}
