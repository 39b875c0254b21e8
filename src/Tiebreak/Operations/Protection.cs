using Microsoft.EntityFrameworkCore;
using Tiebreak.RowLocks;

namespace Tiebreak.Operations;

/// <summary>
/// What a guard does inside the transaction of an attempt: before anything is read, to read the subject rows, and before
/// anything is written. One instance serves all attempts, so it holds no state of one.
/// </summary>
internal abstract class Protection
{
    /// <summary>FOR NO KEY UPDATE, each key in a statement of its own: keeps out writers and other lockers, and lets foreign-key checks pass.</summary>
    public static Protection RowLockByKey { get; } = new NoKeyUpdate(byKey: true, RowLockWait.Default);

    /// <summary>Nothing: the rows are read as they are.</summary>
    public static Protection None { get; } = new Nothing();

    /// <summary>Whether each key's rows are read by a statement of their own.</summary>
    public virtual bool OneKeyAStatement => false;

    /// <summary>Whether <see cref="BeginAsync"/> takes something by key; the keys of a batch are not gathered for nothing.</summary>
    public virtual bool TakesKeys => false;

    /// <summary>
    /// Whether the transaction's bounds travel with the query that reads the subjects. Only where that query needs
    /// <c>UseTiebreak()</c> anyway: without it nobody would send them.
    /// </summary>
    public virtual bool OpensWithFirstQuery => false;

    /// <summary>Whether the query that reads the subjects is a locking one, behind which other reads can travel.</summary>
    public virtual bool LocksByQuery => false;

    /// <summary>Whether rows that somebody holds are left out, and have to be told from those that do not exist.</summary>
    public virtual bool FreeOnly => false;

    /// <summary>A lane's row lock.</summary>
    /// <param name="byKey">Each key in a statement of its own, for engines that lock one row a statement.</param>
    /// <param name="wait">What to do about a row that somebody holds.</param>
    public static Protection OfLane(bool byKey, RowLockWait wait) => new NoKeyUpdate(byKey, wait);

    /// <summary>Takes what is taken by key and not by row.</summary>
    /// <param name="context">Inside the transaction, before its first statement.</param>
    /// <param name="keys">The operation's keys, each once, sorted; none unless <see cref="TakesKeys"/>.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public virtual Task BeginAsync(DbContext context, IReadOnlyList<string> keys, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Reads subject rows, tracked where the query is.</summary>
    public virtual async Task<IReadOnlyList<TEntity>> ReadSubjectsAsync<TEntity>(DbContext context, IQueryable<TEntity> query, CancellationToken cancellationToken)
        where TEntity : class =>
        await query.ToListAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Makes sure, where nothing was locked, that the decisions still hold.</summary>
    public virtual Task BeforeSaveAsync(DbContext context, IReadOnlyList<object> subjects, CancellationToken cancellationToken) => Task.CompletedTask;

    private sealed class NoKeyUpdate(bool byKey, RowLockWait wait) : Protection
    {
        public override bool OneKeyAStatement => byKey;

        public override bool FreeOnly => wait == RowLockWait.SkipLocked;

        public override bool OpensWithFirstQuery => true;

        public override bool LocksByQuery => true;

        public override Task<IReadOnlyList<TEntity>> ReadSubjectsAsync<TEntity>(DbContext context, IQueryable<TEntity> query, CancellationToken cancellationToken) =>
            base.ReadSubjectsAsync(context, query.ForNoKeyUpdate(wait), cancellationToken);
    }

    private sealed class Nothing : Protection;
}
