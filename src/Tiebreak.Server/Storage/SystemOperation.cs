using Tiebreak.Operations;

namespace Tiebreak.Server.Storage;

/// <summary>What the operations of the three systems share: where they run, and that EF Core writes what was decided.</summary>
internal abstract class SystemOperation<TRequest, TState, TResult>(IGuard<TiebreakDb> guard) : IOperation<TiebreakDb, TRequest, TState, TResult>
{
    public abstract string Name { get; }

    /// <summary>Runs the operation for one request, under the configured guard, and answers after the commit.</summary>
    public Task<TResult> RunAsync(TRequest request, CancellationToken cancellationToken) => guard.RunAsync(this, request, cancellationToken);

    public abstract IEnumerable<string> KeysOf(TRequest request);

    public abstract Task<TState> LoadSubjectsAsync(OperationScope<TiebreakDb> scope, IReadOnlyList<TRequest> requests, CancellationToken cancellationToken);

    public abstract Task LoadRelatedAsync(OperationScope<TiebreakDb> scope, TState state, IReadOnlyList<TRequest> requests, CancellationToken cancellationToken);

    public abstract TResult Decide(TState state, TRequest request, DateTimeOffset now);

    public virtual Task SaveAsync(OperationScope<TiebreakDb> scope, TState state, CancellationToken cancellationToken) =>
        scope.Context.SaveChangesAsync(cancellationToken);
}
