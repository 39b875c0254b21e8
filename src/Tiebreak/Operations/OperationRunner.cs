using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Transactions;

namespace Tiebreak.Operations;

/// <summary>Runs an operation for a list of requests in one transaction. What every guard is made of.</summary>
internal sealed class OperationRunner<TContext>(IDbContextFactory<TContext> contexts, AtomicOptions options, TimeProvider time)
    where TContext : DbContext
{
    private readonly AtomicBlock<TContext> _atomic = new(contexts, options, time);

    /// <summary>Runs the operation until an attempt commits.</summary>
    /// <param name="operation">The change.</param>
    /// <param name="requests">In the order of their arrival.</param>
    /// <param name="protection">What keeps others out.</param>
    /// <param name="mayDecide">
    /// Asked right before each decision, by the request's position: <see langword="false"/> leaves the request out, for
    /// instance because it was withdrawn. Left out, all are decided.
    /// </param>
    /// <param name="cancellationToken">Ends the attempt and rolls back.</param>
    /// <param name="attempting">Called at the beginning of each attempt.</param>
    /// <returns>The results by position; the default where a request was left out.</returns>
    public async Task<TResult[]> RunAsync<TRequest, TState, TResult>(
        IOperation<TContext, TRequest, TState, TResult> operation, IReadOnlyList<TRequest> requests, Protection protection, Func<int, bool>? mayDecide, CancellationToken cancellationToken, Action? attempting = null)
    {
        try
        {
            return await _atomic.RunAsync(
                (context, token) =>
                {
                    attempting?.Invoke();
                    return AttemptAsync(operation, requests, protection, mayDecide, context, token);
                },
                IsDecidedByAnother, cancellationToken, opensWithFirstQuery: protection.OpensWithFirstQuery).ConfigureAwait(false);
        }
        catch (BusyException busy)
        {
            busy.Tell(KeysOf(operation, requests));
            throw;
        }
    }

    /// <summary>A request's keys, each once, in the order in which they are taken.</summary>
    public static IReadOnlyList<string> KeysOf<TRequest, TState, TResult>(IOperation<TContext, TRequest, TState, TResult> operation, TRequest request)
    {
        var keys = operation.KeysOf(request);
        return keys is IReadOnlyList<string> { Count: <= 1 } few ? few : Sorted(keys);
    }

    /// <summary>The keys of all requests, each once, in the order in which they are taken.</summary>
    public static IReadOnlyList<string> KeysOf<TRequest, TState, TResult>(IOperation<TContext, TRequest, TState, TResult> operation, IReadOnlyList<TRequest> requests) =>
        Sorted(requests.SelectMany(operation.KeysOf));

    /// <summary>About how many rows a request reads and writes.</summary>
    public static int WeightOf<TRequest, TState, TResult>(IOperation<TContext, TRequest, TState, TResult> operation, TRequest request) => Math.Max(1, operation.WeightOf(request));

    private static IReadOnlyList<string> Sorted(IEnumerable<string> keys) => [.. keys.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>
    /// A unique constraint lets one of two contenders pass who share no key (one user on two invites) and fails the
    /// other, after the first has committed: on fresh rows the rule sees why and answers.
    /// </summary>
    private static bool IsDecidedByAnother(Exception exception) => SqlStates.Find(exception)?.SqlState == PostgresErrorCodes.UniqueViolation;

    /// <summary>The latest of its keys': what is decided about several is later than whatever was decided about one of them.</summary>
    private static DateTimeOffset TimeOf<TRequest, TState, TResult>(IOperation<TContext, TRequest, TState, TResult> operation, TRequest request, OperationScope<TContext> scope) =>
        scope.IsAhead ? operation.KeysOf(request).Select(scope.TimeOf).Append(scope.Now).Max() : scope.Now;

    private static async Task<TResult[]> AttemptAsync<TRequest, TState, TResult>(
        IOperation<TContext, TRequest, TState, TResult> operation, IReadOnlyList<TRequest> requests, Protection protection, Func<int, bool>? mayDecide, TContext context, CancellationToken cancellationToken)
    {
        await protection.BeginAsync(context, protection.TakesKeys ? KeysOf(operation, requests) : [], cancellationToken).ConfigureAwait(false);
        var scope = new OperationScope<TContext>(context, protection);
        var state = await operation.LoadSubjectsAsync(scope, requests, cancellationToken).ConfigureAwait(false);
        scope.Begin(scope.ReadTime ?? await DecisionTime.AskAsync(context, cancellationToken).ConfigureAwait(false));
        await operation.LoadRelatedAsync(scope, state, requests, cancellationToken).ConfigureAwait(false);

        var results = new TResult[requests.Count];
        for (var i = 0; i < results.Length; i++)
        {
            if (mayDecide?.Invoke(i) != false)
            {
                results[i] = operation.Decide(state, requests[i], TimeOf(operation, requests[i], scope));
            }
        }

        await protection.BeforeSaveAsync(context, scope.Subjects, cancellationToken).ConfigureAwait(false);
        scope.BeginSave();
        await operation.SaveAsync(scope, state, cancellationToken).ConfigureAwait(false);
        return results;
    }
}
