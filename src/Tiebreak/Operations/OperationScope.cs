using Microsoft.EntityFrameworkCore;
using Tiebreak.Bulk;
using Tiebreak.Transactions;

namespace Tiebreak.Operations;

/// <summary>One attempt at an operation: its context and transaction, how the guard reads subjects, and the time.</summary>
/// <typeparam name="TContext">The application's context.</typeparam>
public sealed class OperationScope<TContext>
    where TContext : DbContext
{
    private readonly Protection _protection;
    private readonly List<object> _subjects = [];
    private DateTimeOffset? _now;
    private bool _isSaving;

    internal OperationScope(TContext context, Protection protection)
    {
        Context = context;
        _protection = protection;
    }

    /// <summary>
    /// The attempt's own context, inside its transaction. The guard commits and disposes; an operation does neither.
    /// </summary>
    public TContext Context { get; }

    /// <summary>
    /// The time after the guard was taken, in whole microseconds, which is what PostgreSQL keeps. The same for all
    /// requests of a batch.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// It was asked for while the subjects were loaded: a time from before the wait for the lock decides wrongly.
    /// </exception>
    public DateTimeOffset Now => _now ?? throw new InvalidOperationException(
        "The time is known once the subjects are loaded. Use it in LoadRelatedAsync, Decide or SaveAsync.");

    /// <summary>What was read as subjects.</summary>
    internal IReadOnlyList<object> Subjects => _subjects;

    /// <summary>
    /// Reads the rows that stand for the keys, as the guard has them read: with a row lock, say, or after an update that
    /// changes nothing. To be called in <c>LoadSubjectsAsync</c> only, tracked, for rows in the order of their keys.
    /// </summary>
    /// <typeparam name="TEntity">The subject's entity type.</typeparam>
    /// <param name="query">A query of subject rows, ordered by key: a set and conditions on it, no projection.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>The rows as of after the guard was taken.</returns>
    /// <exception cref="InvalidOperationException">The subjects were loaded already.</exception>
    public async Task<IReadOnlyList<TEntity>> ReadSubjectsAsync<TEntity>(IQueryable<TEntity> query, CancellationToken cancellationToken = default)
        where TEntity : class
    {
        if (_now is not null)
        {
            throw new InvalidOperationException("Subjects are read in LoadSubjectsAsync: what is taken later is taken out of order.");
        }

        var rows = await _protection.ReadSubjectsAsync(Context, query, cancellationToken).ConfigureAwait(false);
        _subjects.AddRange(rows);
        return rows;
    }

    /// <summary>
    /// Reads the subject rows of several keys: each once, in one statement, or in one statement a key in sorted order
    /// where the guard is set so (for engines that lock one row a statement).
    /// </summary>
    /// <typeparam name="TEntity">The subject's entity type.</typeparam>
    /// <typeparam name="TKey">What finds them; text is ordered by its code units, everything else by its own order.</typeparam>
    /// <param name="keys">What the requests name, in any order and repeated as it comes.</param>
    /// <param name="query">
    /// A query of the rows of so many keys, ordered by key in the same order (for text, <c>COLLATE "C"</c>), so that
    /// those who take several never wait for each other in a circle.
    /// </param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>The rows as of after the guard was taken; those that do not exist are left out.</returns>
    public Task<IReadOnlyList<TEntity>> ReadSubjectsAsync<TEntity, TKey>(
        IEnumerable<TKey> keys, Func<TKey[], IQueryable<TEntity>> query, CancellationToken cancellationToken = default)
        where TEntity : class =>
        ReadSubjectsAsync(keys, query, related: null, cancellationToken);

    /// <inheritdoc cref="ReadSubjectsAsync{TEntity, TKey}(IEnumerable{TKey}, Func{TKey[], IQueryable{TEntity}}, CancellationToken)"/>
    /// <remarks>
    /// What hangs on the requests, and is found by what they name rather than by what the subjects say, may be read
    /// along: under a row lock it travels behind the lock in the same round trip, in statements of their own, which
    /// PostgreSQL begins when the locks are held. Under other guards it is a round trip more. To be given with the last
    /// subjects that are read.
    /// </remarks>
    /// <param name="keys">What the requests name, in any order and repeated as it comes.</param>
    /// <param name="query">A query of the rows of so many keys, ordered by key in the same order.</param>
    /// <param name="related">Searches, made with <c>scope.Context.Bulk()</c>; their rows are there when this returns.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="ArgumentException">The batch is of another context.</exception>
    public async Task<IReadOnlyList<TEntity>> ReadSubjectsAsync<TEntity, TKey>(
        IEnumerable<TKey> keys, Func<TKey[], IQueryable<TEntity>> query, BulkBatch? related, CancellationToken cancellationToken = default)
        where TEntity : class
    {
        ArgumentNullException.ThrowIfNull(query);
        if (related?.IsOf(Context) == false)
        {
            throw OtherContext(nameof(related));
        }

        TKey[] sorted = [.. keys.Distinct().Order(keys is IEnumerable<string> ? (IComparer<TKey>)StringComparer.Ordinal : null)];
        TKey[][] statements = sorted.Length == 0 ? [] : _protection.OneKeyAStatement ? [.. sorted.Select(key => new[] { key })] : [sorted];
        var follow = related?.TakeFollow();
        var scope = AtomicScope.Of(Context);
        IReadOnlyList<TEntity> rows = [];
        for (var i = 0; i < statements.Length; i++)
        {
            if (scope is not null && _protection.LocksByQuery && i == statements.Length - 1)
            {
                scope.Following = follow;
            }

            var found = await ReadSubjectsAsync(query(statements[i]), cancellationToken).ConfigureAwait(false);
            rows = rows.Count == 0 ? found : [.. rows, .. found];
        }

        if (follow is { IsRead: false })
        {
            scope!.Following = null;
            await scope.OpenAsync(cancellationToken).ConfigureAwait(false);
            await follow.ExecuteAsync(cancellationToken).ConfigureAwait(false);
        }

        return rows;
    }

    /// <summary>
    /// Has a batch sent together with COMMIT, in one round trip instead of two. To be called in <c>SaveAsync</c>, at its
    /// end: it is the last thing that the operation writes, and it goes out when <c>SaveAsync</c> has returned.
    /// </summary>
    /// <remarks>
    /// Where a statement of the batch fails PostgreSQL skips the COMMIT behind it, and the guard rolls back and treats the
    /// error as if <c>SaveAsync</c> had thrown it. Once sent it is waited for, as COMMIT is, for no longer than the
    /// transaction's lock wait and statement timeout; a connection that is lost meanwhile leaves the outcome unknown. The
    /// results that the batch gave out are filled after the commit. An empty batch is left out.
    /// </remarks>
    /// <param name="batch">Of this attempt's <see cref="Context"/>, with what is to be written added to it.</param>
    /// <exception cref="ArgumentException">The batch is of another context.</exception>
    /// <exception cref="InvalidOperationException">It was called outside of an attempt's <c>SaveAsync</c>, or twice.</exception>
    public void WriteWithCommit(BulkBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (!batch.IsOf(Context))
        {
            throw OtherContext(nameof(batch));
        }

        if (!_isSaving || AtomicScope.Of(Context) is not { LastWrite: null } scope)
        {
            throw new InvalidOperationException("Only the last write travels with COMMIT: call this once, at the end of SaveAsync, and execute other batches before it.");
        }

        scope.LastWrite = batch.TakeCommit();
    }

    private static ArgumentException OtherContext(string parameter) =>
        new("The batch is of another context, in another transaction. Make it with scope.Context.Bulk().", parameter);

    internal void BeginSave() => _isSaving = true;

    internal void Begin(DateTimeOffset now) => _now = new DateTimeOffset(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
}
