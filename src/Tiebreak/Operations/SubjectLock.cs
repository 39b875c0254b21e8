using Tiebreak.RowLocks;

namespace Tiebreak.Operations;

/// <summary>What a guard adds to the query of an operation's subject rows.</summary>
internal abstract class SubjectLock
{
    /// <summary>FOR NO KEY UPDATE: keeps out writers and other lockers, and lets foreign-key checks pass.</summary>
    public static SubjectLock Row { get; } = new NoKeyUpdate();

    /// <summary>Nothing: the rows are read as they are.</summary>
    public static SubjectLock None { get; } = new Unlocked();

    public abstract IQueryable<TEntity> Apply<TEntity>(IQueryable<TEntity> query)
        where TEntity : class;

    private sealed class NoKeyUpdate : SubjectLock
    {
        public override IQueryable<TEntity> Apply<TEntity>(IQueryable<TEntity> query) => query.ForNoKeyUpdate();
    }

    private sealed class Unlocked : SubjectLock
    {
        public override IQueryable<TEntity> Apply<TEntity>(IQueryable<TEntity> query) => query;
    }
}
