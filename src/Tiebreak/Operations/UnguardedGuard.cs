using Microsoft.EntityFrameworkCore;
using Tiebreak.Transactions;

namespace Tiebreak.Operations;

/// <summary>
/// Keeps nobody out. It exists so that a test can see the race that a guard prevents; no application can reach it.
/// </summary>
internal sealed class UnguardedGuard<TContext>(IDbContextFactory<TContext> contexts, TimeProvider? time = null, AtomicOptions? options = null) : IGuard<TContext>
    where TContext : DbContext
{
    private readonly OperationRunner<TContext> _runner = new(contexts, options ?? AtomicOptions.Default, time ?? TimeProvider.System);

    public async Task<TResult> RunAsync<TRequest, TState, TResult>(
        IOperation<TContext, TRequest, TState, TResult> operation, TRequest request, CancellationToken cancellationToken = default) =>
        (await _runner.RunAsync(operation, [request], Protection.None, mayDecide: null, cancellationToken).ConfigureAwait(false))[0];
}
