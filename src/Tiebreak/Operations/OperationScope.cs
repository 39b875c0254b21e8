using System.Diagnostics.CodeAnalysis;
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
    private readonly List<(string Key, DateTimeOffset At)> _decided = [];
    private readonly Dictionary<string, DateTimeOffset> _ahead = new(StringComparer.Ordinal);
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
    /// The database's time after the guard was taken, in whole microseconds. The same for all requests of a batch. What
    /// is decided about a key is decided at <see cref="TimeOf"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// It was asked for while the subjects were loaded: a time from before the wait for the lock decides wrongly.
    /// </exception>
    public DateTimeOffset Now => _now ?? throw new InvalidOperationException(
        "The time is known once the subjects are loaded. Use it in LoadRelatedAsync, Decide or SaveAsync.");

    /// <summary>
    /// The time at which a key is decided: <see cref="Now"/>, or that of the last decision about it where that is later
    /// (<see cref="Subject{TEntity, TKey}.DecidedAt"/>). It never runs backwards for a key, whatever the clock does.
    /// </summary>
    /// <param name="key">A key of a request.</param>
    /// <returns>The time, as <c>Decide</c> gets it.</returns>
    /// <exception cref="InvalidOperationException">It was asked for while the subjects were loaded.</exception>
    public DateTimeOffset TimeOf(string key) => _ahead.Count > 0 && _ahead.TryGetValue(key, out var later) ? later : Now;

    /// <summary>The time that was read behind the last lock; null where nothing was locked by a query.</summary>
    internal DateTimeOffset? ReadTime { get; private set; }

    /// <summary>Whether the last decision about some key was made at a later time than <see cref="Now"/>.</summary>
    internal bool IsAhead => _ahead.Count > 0;

    /// <summary>What was read as subjects.</summary>
    internal IReadOnlyList<object> Subjects => _subjects;

    /// <summary>
    /// Takes and reads the rows that stand for the keys, as the guard does that: with a row lock, say, or after an update
    /// that changes nothing. To be called in <c>LoadSubjectsAsync</c> only.
    /// </summary>
    /// <remarks>
    /// <para>
    /// Each row is taken once and in sorted order, in one statement or in several: the guard's choice, and never to be
    /// relied on.
    /// </para>
    /// <para>
    /// What hangs on the requests, and is found by what they name rather than by what the subjects say, may be read
    /// along: under a row lock it travels behind the lock in the same round trip, in statements of their own, which
    /// PostgreSQL begins when the locks are held. Under other guards it is a round trip more. To be given with the last
    /// subjects that are read.
    /// </para>
    /// </remarks>
    /// <typeparam name="TEntity">The subject's entity type.</typeparam>
    /// <typeparam name="TKey">What finds a row.</typeparam>
    /// <param name="subject">Which rows stand for the keys.</param>
    /// <param name="keys">What the requests name, in any order and repeated as it comes.</param>
    /// <param name="related">Searches, made with <c>scope.Context.Bulk()</c>; their rows are there when this returns.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>The rows as of after the guard was taken, by key; one that does not exist is left out.</returns>
    /// <exception cref="ArgumentException">The batch is of another context.</exception>
    /// <exception cref="InvalidOperationException">The subjects were loaded already, or two rows have one key.</exception>
    [SuppressMessage("Design", "MA0016:Prefer using collection abstraction instead of implementation", Justification = "It is the operation's own: what its decisions make is added to it.")]
    public async Task<Dictionary<TKey, TEntity>> ReadSubjectsAsync<TEntity, TKey>(
        Subject<TEntity, TKey> subject, IEnumerable<TKey> keys, BulkBatch? related = null, CancellationToken cancellationToken = default)
        where TEntity : class
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentNullException.ThrowIfNull(keys);
        if (_now is not null)
        {
            throw new InvalidOperationException("Subjects are read in LoadSubjectsAsync: what is taken later is taken out of order.");
        }

        if (related?.IsOf(Context) == false)
        {
            throw OtherContext(nameof(related));
        }

        TKey[] sorted = [.. keys.Distinct().Order(subject.Order)];
        TKey[][] statements = sorted.Length == 0 ? [] : _protection.OneKeyAStatement ? [.. sorted.Select(key => new[] { key })] : [sorted];
        var follow = related?.TakeFollow();
        var behind = new BehindTheLock(Context, follow);
        var scope = AtomicScope.Of(Context)!;
        var rows = new Dictionary<TKey, TEntity>(sorted.Length);
        for (var i = 0; i < statements.Length; i++)
        {
            if (_protection.LocksByQuery && i == statements.Length - 1)
            {
                scope.Following = behind;
            }

            Add(rows, subject, statements[i], await _protection.ReadSubjectsAsync(Context, subject.Query(Context, statements[i]), cancellationToken).ConfigureAwait(false));
        }

        if (_protection.FreeOnly && rows.Count < sorted.Length)
        {
            await RefuseHeldAsync(subject, [.. sorted.Where(key => !rows.ContainsKey(key))], cancellationToken).ConfigureAwait(false);
        }

        // Of several queries the last one's: by then all are locked.
        ReadTime = behind.Time ?? ReadTime;
        if (follow is { IsRead: false })
        {
            scope.Following = null;
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

    /// <summary>A row that was left out because it is held is not one that does not exist: nothing may be decided without it.</summary>
    private async Task RefuseHeldAsync<TEntity, TKey>(Subject<TEntity, TKey> subject, TKey[] missing, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull
    {
        var asked = missing.ToHashSet();
        var held = (await subject.Query(Context, missing).AsNoTracking().ToListAsync(cancellationToken).ConfigureAwait(false)).Select(subject.KeyOf).Where(asked.Contains).ToList();
        if (held.Count > 0)
        {
            throw new RowHeldException([.. held.Select(subject.Named)]);
        }
    }

    private void Add<TEntity, TKey>(Dictionary<TKey, TEntity> rows, Subject<TEntity, TKey> subject, TKey[] asked, IReadOnlyList<TEntity> found)
        where TEntity : class
        where TKey : notnull
    {
        _subjects.AddRange(found);
        var wanted = asked.Length == 1 ? null : asked.ToHashSet();
        foreach (var row in found)
        {
            var key = subject.KeyOf(row);
            if (subject.DecidedAt is { } decided)
            {
                _decided.Add((subject.Named(key), decided(row)));
            }

            if (wanted?.Contains(key) == false)
            {
                continue;
            }

            if (!rows.TryAdd(key, row))
            {
                throw new InvalidOperationException($"Two rows of {typeof(TEntity).Name} stand for '{subject.Named(key)}'. Name more properties in the subject, or a condition that only one row meets.");
            }
        }
    }

    private static ArgumentException OtherContext(string parameter) =>
        new("The batch is of another context, in another transaction. Make it with scope.Context.Bulk().", parameter);

    internal void BeginSave() => _isSaving = true;

    internal void Begin(DateTimeOffset now)
    {
        _now = now;
        foreach (var (key, at) in _decided)
        {
            if (at > TimeOf(key))
            {
                _ahead[key] = at;
            }
        }
    }
}
