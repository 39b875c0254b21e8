using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Transactions;

namespace Tiebreak.Operations;

/// <summary>Runs an operation for a list of requests in one transaction. What every guard is made of.</summary>
internal sealed class OperationRunner<TContext>(IDbContextFactory<TContext> contexts, AtomicOptions options, SubjectLock subjectLock, TimeProvider time)
    where TContext : DbContext
{
    private readonly AtomicBlock<TContext> _atomic = new(contexts, options, time);

    public async Task<IReadOnlyList<TResult>> RunAsync<TRequest, TState, TResult>(
        IOperation<TContext, TRequest, TState, TResult> operation, IReadOnlyList<TRequest> requests, CancellationToken cancellationToken)
    {
        try
        {
            return await _atomic.RunAsync(
                (context, token) => AttemptAsync(operation, requests, context, token), IsDecidedByAnother, cancellationToken).ConfigureAwait(false);
        }
        catch (BusyException busy)
        {
            busy.Tell(KeysOf(operation, requests));
            throw;
        }
    }

    /// <summary>The keys of all requests, each once, in the order in which they are taken.</summary>
    public static IReadOnlyList<string> KeysOf<TRequest, TState, TResult>(IOperation<TContext, TRequest, TState, TResult> operation, IReadOnlyList<TRequest> requests) =>
        [.. requests.SelectMany(operation.KeysOf).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>
    /// A unique constraint lets one of two contenders pass who share no key (one user on two invites) and fails the
    /// other, after the first has committed: on fresh rows the rule sees why and answers.
    /// </summary>
    private static bool IsDecidedByAnother(Exception exception) => SqlStates.Find(exception)?.SqlState == PostgresErrorCodes.UniqueViolation;

    private async Task<IReadOnlyList<TResult>> AttemptAsync<TRequest, TState, TResult>(
        IOperation<TContext, TRequest, TState, TResult> operation, IReadOnlyList<TRequest> requests, TContext context, CancellationToken cancellationToken)
    {
        var scope = new OperationScope<TContext>(context, subjectLock);
        var state = await operation.LoadSubjectsAsync(scope, requests, cancellationToken).ConfigureAwait(false);
        scope.Begin(time.GetUtcNow());
        await operation.LoadRelatedAsync(scope, state, requests, cancellationToken).ConfigureAwait(false);

        var results = new TResult[requests.Count];
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = operation.Decide(state, requests[i], scope.Now);
        }

        await operation.SaveAsync(scope, state, cancellationToken).ConfigureAwait(false);
        return results;
    }
}
