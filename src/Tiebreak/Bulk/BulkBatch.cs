using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Bulk;

/// <summary>
/// Collects searches, inserts, updates and deletions of many rows and sends them together: one statement a list, all of them in
/// one round trip, in the order in which they were added.
/// </summary>
/// <remarks>
/// <para>
/// All or nothing. In the context's current transaction, if there is one (an error leaves it aborted, as PostgreSQL
/// does: no savepoint is set); else the batch is a transaction of its own, run under the context's execution strategy.
/// </para>
/// <para>
/// The change tracker is not touched: entities that it tracks keep state and values, and a later
/// <c>SaveChanges</c> knows nothing of the batch. Values are read when the batch is executed, with navigations left
/// out of account: foreign keys must be set. Rows of a list longer than 10,000 (1,000 with array columns) go in
/// several statements of the same batch.
/// </para>
/// <para>Not safe for concurrent use, like the context it belongs to.</para>
/// </remarks>
/// <example><code>
/// var bulk = db.Bulk();
/// bulk.Insert(uses);
/// bulk.Update(invites, invite => new { invite.Used });
/// await bulk.ExecuteAsync(ct);
/// </code></example>
public sealed class BulkBatch
{
    private readonly DbContext _context;
    private List<BulkOperation> _operations = [];

    internal BulkBatch(DbContext context) => _context = context;

    /// <summary>Adds rows to insert; a row that violates a constraint fails the batch. An empty list adds nothing.</summary>
    /// <remarks>
    /// Columns that the database makes (defaults, computed ones) are left out where a row has the CLR default, as in
    /// SaveChanges, and what was made is set on the instances. Keys that the database would make are refused.
    /// </remarks>
    /// <param name="rows">The rows, of one mapped entity type (types derived from it in the same table included).</param>
    /// <typeparam name="TRow">The entity.</typeparam>
    /// <exception cref="InvalidOperationException">The entity cannot be written in bulk; the message says what to write.</exception>
    public void Insert<TRow>(IEnumerable<TRow> rows)
        where TRow : class => AddInsert(rows, static (_, _) => null);

    /// <summary>
    /// Adds rows to insert where nothing stands in the way (<c>ON CONFLICT DO NOTHING</c>). Of given rows with one
    /// primary key the first is sent. A conflict with a row that another transaction has not committed yet waits for it.
    /// </summary>
    /// <param name="rows">The rows, of one mapped entity type.</param>
    /// <param name="conflictOn">
    /// The properties of a key or of a unique index without a filter: a conflict on any other one is an error then.
    /// Left out: any conflict is ignored.
    /// </param>
    /// <typeparam name="TRow">The entity.</typeparam>
    /// <returns>Which rows went in, once the batch was executed.</returns>
    /// <exception cref="InvalidOperationException">The entity cannot be written in bulk; the message says what to write.</exception>
    /// <exception cref="ArgumentException"><paramref name="conflictOn"/> names no unique properties.</exception>
    public BulkResult<TRow> InsertOrIgnore<TRow>(IEnumerable<TRow> rows, Expression<Func<TRow, object?>>? conflictOn = null)
        where TRow : class => AddInsert(rows, (plan, context) => ConflictTarget.Clause(plan, context, PropertyPaths.Of(conflictOn, nameof(conflictOn))));

    /// <summary>Adds rows to update by their primary keys.</summary>
    /// <remarks>
    /// A concurrency token that the database makes (<c>xmin</c>) is compared with the instance's and set anew; other
    /// tokens are written like any property. PostgreSQL locks the rows in no order that could be relied on: where
    /// others update the same rows, lock them first in the order of their keys.
    /// </remarks>
    /// <param name="rows">The rows, one for each key.</param>
    /// <param name="properties">
    /// What to write, as in <c>x => new { x.Used, x.Address.City }</c>. Left out: everything but the key and shadow
    /// properties.
    /// </param>
    /// <typeparam name="TRow">The entity.</typeparam>
    /// <returns>Which rows were there, once the batch was executed.</returns>
    /// <exception cref="InvalidOperationException">The entity cannot be written in bulk; the message says what to write.</exception>
    /// <exception cref="ArgumentException"><paramref name="properties"/> names something that cannot be updated.</exception>
    public BulkResult<TRow> Update<TRow>(IEnumerable<TRow> rows, Expression<Func<TRow, object?>>? properties = null)
        where TRow : class => AddUpdate(rows, plan => UpdateStatement<TRow>.Of(plan, PropertyPaths.Of(properties, nameof(properties))));

    /// <summary>Adds rows to delete by their primary keys; of an instance only the key and a database-made concurrency token are read.</summary>
    /// <param name="rows">The rows, one for each key.</param>
    /// <typeparam name="TRow">The entity.</typeparam>
    /// <returns>Which rows were there, once the batch was executed.</returns>
    /// <exception cref="InvalidOperationException">The entity cannot be written in bulk; the message says what to write.</exception>
    public BulkResult<TRow> Delete<TRow>(IEnumerable<TRow> rows)
        where TRow : class => AddUpdate(rows, UpdateStatement<TRow>.Delete);

    /// <summary>
    /// Adds a search for the rows that have one of the given keys: one statement for all of them, read as they stand
    /// when it is its turn. Nothing is tracked.
    /// </summary>
    /// <remarks>
    /// Made for many look-ups through an index: it costs far less than a LINQ query, and several searches are one round
    /// trip. The entity needs a constructor without parameters and every column in a property of its own; query filters,
    /// hierarchies, owned and complex values are refused.
    /// </remarks>
    /// <param name="keys">What is looked for, in any order and repeated as it comes. A key with a null in it finds nothing.</param>
    /// <param name="by">
    /// The properties that a key is compared with: <c>(Use use) => use.Id</c>, or
    /// <c>(Use use) => new { use.Code, use.UserId }</c> for keys of that shape.
    /// </param>
    /// <typeparam name="TRow">The entity.</typeparam>
    /// <typeparam name="TKey">The property's type, or an anonymous type of several.</typeparam>
    /// <returns>The rows, once the batch was executed.</returns>
    /// <exception cref="InvalidOperationException">Rows of the entity cannot be made here; the message says why.</exception>
    /// <exception cref="ArgumentException"><paramref name="by"/> names something that rows cannot be found by.</exception>
    /// <example><code>
    /// var bulk = db.Bulk();
    /// var uses = bulk.Find(asked.Select(one => new { one.Code, one.UserId }), (Use use) => new { use.Code, use.UserId });
    /// await bulk.ExecuteAsync(ct);
    /// foreach (var use in uses.Found) { ... }
    /// </code></example>
    public BulkRows<TRow> Find<TRow, TKey>(IEnumerable<TKey> keys, Expression<Func<TRow, TKey>> by)
        where TRow : class
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(by);
        var search = RowSearch<TRow, TKey>.For(BulkPlan<TRow>.For(_context), by);
        var asked = keys.Distinct().ToArray();
        var result = new BulkRows<TRow>();
        if (asked.Length == 0)
        {
            result.Fill([]);
        }
        else
        {
            _operations.Add(new FindOperation<TRow, TKey>(search, asked, result));
        }

        return result;
    }

    /// <summary>Sends what was added since the last call. Nothing added, or empty lists only: no round trip.</summary>
    /// <param name="cancellationToken">Ends the wait; what PostgreSQL was doing is cancelled and rolled back.</param>
    /// <returns>How many rows were written by all statements.</returns>
    /// <exception cref="DbUpdateException">
    /// The server or the connection failed; the inner exception says how. Nothing of the batch was written, but where
    /// the connection was lost outside of a transaction, which leaves that open.
    /// </exception>
    /// <exception cref="ArgumentException">A row is null, or two rows of an update or deletion have the same key.</exception>
    /// <exception cref="InvalidOperationException">A row cannot be written in bulk; the message says what to write.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task<int> ExecuteAsync(CancellationToken cancellationToken = default)
    {
        var operations = _operations;
        _operations = [];
        return BulkExecution.RunAsync(_context, operations, cancellationToken);
    }

    /// <summary>What was added since the last call, to be sent together with COMMIT; null where nothing was.</summary>
    internal BulkCommit? TakeCommit()
    {
        var operations = _operations;
        _operations = [];
        return operations.Count == 0 ? null : new BulkCommit(_context, operations);
    }

    /// <summary>What was added since the last call, to travel behind a locking query; null where nothing was.</summary>
    internal BulkFollow? TakeFollow()
    {
        var operations = _operations;
        _operations = [];
        return operations.Count == 0 ? null : new BulkFollow(_context, operations);
    }

    /// <summary>Whether it writes through this context.</summary>
    internal bool IsOf(DbContext context) => ReferenceEquals(_context, context);

    private BulkResult<TRow> AddInsert<TRow>(IEnumerable<TRow> rows, Func<BulkPlan<TRow>, DbContext, string?> conflict)
        where TRow : class
    {
        ArgumentNullException.ThrowIfNull(rows);
        var plan = BulkPlan<TRow>.For(_context);
        if (plan.SharedWith is { } other)
        {
            throw BulkRefusals.SharedTable(plan.Entity, other);
        }

        var clause = conflict(plan, _context);
        return Add(rows, (given, result) => new InsertOperation<TRow>(plan, given, clause, result));
    }

    private BulkResult<TRow> AddUpdate<TRow>(IEnumerable<TRow> rows, Func<BulkPlan<TRow>, UpdateStatement<TRow>> statement)
        where TRow : class
    {
        ArgumentNullException.ThrowIfNull(rows);
        var plan = BulkPlan<TRow>.For(_context);
        var update = statement(plan);
        return Add(rows, (given, result) => new UpdateOperation<TRow>(plan, update, given, result));
    }

    private BulkResult<TRow> Add<TRow>(IEnumerable<TRow> rows, Func<TRow[], BulkResult<TRow>, BulkOperation> operation)
        where TRow : class
    {
        var given = rows.ToArray();
        var result = new BulkResult<TRow>(given);
        if (given.Length == 0)
        {
            result.Fill([]);
        }
        else
        {
            _operations.Add(operation(given, result));
        }

        return result;
    }
}
