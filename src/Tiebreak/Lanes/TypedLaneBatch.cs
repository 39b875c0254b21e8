using System.Diagnostics;
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
    int left,
    TimeProvider time) : LaneBatch
    where TContext : DbContext
{
    private int _attempts;

    public override int Count => requests.Count;

    public override async Task RunAsync(CancellationToken cancellationToken)
    {
        var tags = LaneMeters.For(operation.Name);
        LaneMeters.Waiting.Add(-left, tags);
        var parts = new Stack<List<LaneRequest<TRequest, TResult>>>();
        parts.Push(requests);
        while (parts.TryPop(out var part))
        {
            part.RemoveAll(request => request.IsWithdrawn);
            if (part.Count == 0)
            {
                continue;
            }

            var begun = time.GetTimestamp();
            _attempts = 0;
            var failure = await AnswerAsync(part, cancellationToken).ConfigureAwait(false);
            LaneMeters.Retries.Add(Math.Max(0, _attempts - 1), tags);
            if (failure is null)
            {
                Measure(part, begun, tags);
            }
            else if (part.Count > 1 && IsOfOne(failure, part))
            {
                parts.Push(part[(part.Count / 2)..]);
                parts.Push(part[..(part.Count / 2)]);
                LaneMeters.Halvings.Add(1, tags);
            }
            else
            {
                Fail(part, failure);
                LaneMeters.Failures.Add(part.Count, tags);
            }
        }
    }

    public override void Abandon(Exception exception) => Fail(requests, exception);

    /// <summary>Decides and answers; returns what went wrong. A lane outlives whatever an operation throws.</summary>
    private async Task<Exception?> AnswerAsync(List<LaneRequest<TRequest, TResult>> part, CancellationToken cancellationToken)
    {
        TResult[] results;
        try
        {
            results = await runner.RunAsync(
                operation, [.. part.Select(request => request.Request)], protection, i => part[i].TryDecide(), cancellationToken, () => _attempts++).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The boundary at which an error becomes its callers' answer.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return exception;
        }

        for (var i = 0; i < results.Length; i++)
        {
            // Without effect for one that was withdrawn in time: it has its answer.
            part[i].Succeed(results[i]);
        }

        return null;
    }

    private void Measure(List<LaneRequest<TRequest, TResult>> part, long begun, TagList tags)
    {
        foreach (var request in LaneMeters.Wait.Enabled ? part : [])
        {
            LaneMeters.Wait.Record(time.GetElapsedTime(request.Begun, begun).TotalSeconds, tags);
        }

        LaneMeters.BatchDuration.Record(time.GetElapsedTime(begun).TotalSeconds, tags);
        LaneMeters.BatchSize.Record(part.Count, tags);
        LaneMeters.Decisions.Add(part.Count, tags);
    }

    private void Fail(List<LaneRequest<TRequest, TResult>> part, Exception exception)
    {
        foreach (var request in part)
        {
            request.Fail(LaneFailures.For(exception, request.Keys, time.GetElapsedTime(request.Begun)));
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
