using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Operations;
using Tiebreak.Transactions;

namespace Tiebreak.Lanes;

/// <summary>
/// Decides many requests in one transaction. Where one of them makes it fail, the others must not: the batch is tried
/// again in halves until that one stands alone, which takes about 2 log2(n) transactions more.
/// </summary>
internal sealed class TypedLaneBatch<TContext, TRequest, TState, TResult>(
    OperationRunner<TContext> runner,
    Protection protection,
    IOperation<TContext, TRequest, TState, TResult> operation,
    List<LaneRequest<TRequest, TResult>> requests,
    TimeProvider time) : LaneBatch
    where TContext : DbContext
{
    public override int Count => requests.Count;

    public override async Task RunAsync(CancellationToken cancellationToken)
    {
        var tags = LaneMeters.For(operation.Name);
        var parts = new Stack<List<LaneRequest<TRequest, TResult>>>();
        parts.Push(requests);
        while (parts.TryPop(out var part))
        {
            // A lane outlives whatever an operation throws: the boundary at which an error becomes its callers' answer.
            try
            {
                await RunPartAsync(part, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (part.Count > 1 && IsOfOne(exception, part))
            {
                LaneMeters.Halvings.Add(1, tags);
                parts.Push(part[(part.Count / 2)..]);
                parts.Push(part[..(part.Count / 2)]);
            }
#pragma warning disable CA1031
            catch (Exception exception)
#pragma warning restore CA1031
            {
                LaneMeters.Failures.Add(part.Count, tags);
                foreach (var request in part)
                {
                    request.Fail(LaneFailures.For(exception, request.Keys, time.GetElapsedTime(request.Begun)));
                }
            }
        }
    }

    private async Task RunPartAsync(List<LaneRequest<TRequest, TResult>> part, CancellationToken cancellationToken)
    {
        part.RemoveAll(request => request.IsWithdrawn);
        if (part.Count == 0)
        {
            return;
        }

        var tags = LaneMeters.For(operation.Name);
        var begun = time.GetTimestamp();
        foreach (var request in LaneMeters.Wait.Enabled ? part : [])
        {
            LaneMeters.Wait.Record(time.GetElapsedTime(request.Begun, begun).TotalSeconds, tags);
        }

        var results = await runner.RunAsync(operation, [.. part.Select(request => request.Request)], protection, i => part[i].TryDecide(), cancellationToken).ConfigureAwait(false);
        LaneMeters.BatchDuration.Record(time.GetElapsedTime(begun).TotalSeconds, tags);
        LaneMeters.BatchSize.Record(part.Count, tags);
        LaneMeters.Decisions.Add(part.Count, tags);
        for (var i = 0; i < results.Length; i++)
        {
            // Without effect for one that was withdrawn in time: it has its answer.
            part[i].Succeed(results[i]);
        }
    }

    /// <summary>
    /// Whether one request may have failed for all: a value or constraint that the database refuses, a mistake in the
    /// operation, a row that somebody else holds on to where the batch is of several keys. A lost connection, a
    /// deadlock after all its retries or an unknown outcome is everybody's.
    /// </summary>
    private static bool IsOfOne(Exception exception, List<LaneRequest<TRequest, TResult>> part) => exception switch
    {
        OperationCanceledException or CommitOutcomeUnknownException or DeadlockException or SerializationFailureException => false,
        BusyException => part.Select(request => request.Keys is [var first, ..] ? first : "").Distinct(StringComparer.Ordinal).Skip(1).Any(),
        _ => SqlStates.Find(exception) is { } error ? !SqlStates.EndsSession(error) && !error.SqlState.StartsWith("53", StringComparison.Ordinal)
            : !IsOfConnection(exception),
    };

    private static bool IsOfConnection(Exception? exception) =>
        exception is NpgsqlException or TimeoutException || (exception is not null && IsOfConnection(exception.InnerException));
}
