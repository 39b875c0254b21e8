using Tiebreak.Bulk;
using Tiebreak.Operations;

namespace Tiebreak.Server.Systems;

/// <summary>What the operations of the three systems share: where they run, and that what was decided is written and committed in one round trip.</summary>
internal abstract class SystemOperation<TRequest, TState, TResult>(IGuard<SystemDb> guard) : IOperation<SystemDb, TRequest, TState, TResult>
{
    public abstract string Name { get; }

    /// <summary>Runs the operation for one request, under the configured guard, and answers after the commit.</summary>
    public virtual Task<TResult> RunAsync(TRequest request, CancellationToken cancellationToken) => guard.RunAsync(this, request, cancellationToken);

    public abstract IEnumerable<string> KeysOf(TRequest request);

    public virtual int WeightOf(TRequest request) => 1;

    public abstract Task<TState> LoadSubjectsAsync(OperationScope<SystemDb> scope, IReadOnlyList<TRequest> requests, CancellationToken cancellationToken);

    public abstract Task LoadRelatedAsync(OperationScope<SystemDb> scope, TState state, IReadOnlyList<TRequest> requests, CancellationToken cancellationToken);

    public abstract TResult Decide(TState state, TRequest request, DateTimeOffset now);

    public Task SaveAsync(OperationScope<SystemDb> scope, TState state, CancellationToken cancellationToken)
    {
        var bulk = scope.Context.Bulk();
        Save(bulk, state);
        scope.WriteWithCommit(bulk);
        return Task.CompletedTask;
    }

    /// <summary>
    /// Adds what was decided: new rows, the changed columns of the rows that were read, and what goes. Rows with a
    /// unique key that no subject stands for are sorted by it, so that two batches which meet there wait for each other
    /// in one direction only.
    /// </summary>
    protected abstract void Save(BulkBatch bulk, TState state);
}
