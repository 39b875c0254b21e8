using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Tiebreak.Operations;
using Tiebreak.Transactions;

namespace Tiebreak.Lanes;

/// <summary>
/// Decides many requests in one transaction and answers them. Where one of them makes it fail, the others must not: they
/// are tried again in halves until that one stands alone, which takes about 2 log2(n) transactions more, none of which
/// waits for a row anew.
/// </summary>
internal sealed class Serving<TContext, TRequest, TState, TResult>(
    LaneTransactions<TContext> transactions, IOperation<TContext, TRequest, TState, TResult> operation, HeldKeys held, TimeProvider time)
    where TContext : DbContext
{
    // A failover takes longer; what a broken connection, a restart of a pooler or an ended session needs is less.
    private const int Reconnections = 3;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(25);

    private int _attempts;
    private bool _isLoaded;

    /// <summary>Answers all but those whose rows somebody holds, who are given back in their order.</summary>
    /// <param name="requests">Those to be decided.</param>
    /// <param name="way">How their rows are taken at first.</param>
    /// <param name="inLine">How long <see cref="LaneWay.InLine"/> waits.</param>
    /// <param name="cancellationToken">Rolls back what is not committed.</param>
    public async Task<List<LaneRequest<TRequest, TResult>>> ServeAsync(
        List<LaneRequest<TRequest, TResult>> requests, LaneWay way, TimeSpan inLine, CancellationToken cancellationToken)
    {
        var tags = LaneMeters.For(operation.Name);
        var kept = new List<LaneRequest<TRequest, TResult>>();
        var parts = new Stack<(List<LaneRequest<TRequest, TResult>> Requests, LaneWay Way)>();
        parts.Push((requests, way));
        var losses = 0;
        while (parts.TryPop(out var next))
        {
            var part = next.Requests;
            Forget(part);
            if (part.Count == 0)
            {
                continue;
            }

            var begun = time.GetTimestamp();
            _attempts = 0;
            var failure = await AnswerAsync(part, next.Way, inLine, cancellationToken).ConfigureAwait(false);
            LaneMeters.Retries.Add(Math.Max(0, _attempts - 1), tags);
            switch (failure)
            {
                case null:
                    Measure(part, begun, tags);
                    break;
                case RowHeldException rows when part.Exists(request => Waits(request, rows)):
                    held.Add(rows.Keys);
                    kept.AddRange(part.Where(request => Waits(request, rows)).Select(request => KeptBy(request, rows)));
                    parts.Push(([.. part.Where(request => !Waits(request, rows))], LaneWay.FreeOnly));
                    break;
                case LockTimeoutException when next.Way == LaneWay.Briefly:
                    parts.Push((part, LaneWay.FreeOnly));
                    break;
                case LockTimeoutException or RowHeldException when part.Count == 1 || !_isLoaded:
                    // What is not of one row, such as a table that is being altered, keeps all of them.
                    kept.AddRange(part.Select(request => KeptBy(request, failure)));
                    break;
                case ConnectionLostException when losses++ < Reconnections && !cancellationToken.IsCancellationRequested:
                    // Nothing was committed, so nobody needs to know.
                    LaneMeters.Retries.Add(1, tags);
                    await Task.Delay(FirstPause * Math.Pow(4, losses - 1), time, CancellationToken.None).ConfigureAwait(false);
                    parts.Push(next);
                    break;
                case var _ when part.Count > 1 && IsOfOne(failure, part):
                    var way2 = next.Way == LaneWay.Briefly ? LaneWay.FreeOnly : next.Way;
                    parts.Push((part[(part.Count / 2)..], way2));
                    parts.Push((part[..(part.Count / 2)], way2));
                    LaneMeters.Halvings.Add(1, tags);
                    break;
                default:
                    Fail(part, failure);
                    break;
            }
        }

        kept.Sort((one, other) => one.Arrival.CompareTo(other.Arrival));
        return kept;
    }

    /// <summary>Answers these with an error.</summary>
    /// <param name="part">Those who get it, each with keys and wait of their own.</param>
    /// <param name="exception">What went wrong.</param>
    /// <param name="had">Whether they had their rows.</param>
    public void Fail(IReadOnlyList<LaneRequest<TRequest, TResult>> part, Exception exception, bool had = true)
    {
        foreach (var request in part)
        {
            held.Leave(request.WaitsFor, had);
            request.Fail(LaneFailures.For(exception, request.Keys, time.GetElapsedTime(request.Begun)));
        }

        LaneMeters.Failures.Add(part.Count, LaneMeters.For(operation.Name));
    }

    /// <summary>Drops those that were withdrawn: they have their answer.</summary>
    public void Forget(List<LaneRequest<TRequest, TResult>> part) => part.RemoveAll(request =>
    {
        if (request.IsWithdrawn)
        {
            held.Leave(request.WaitsFor, had: false);
        }

        return request.IsWithdrawn;
    });

    private static bool Waits(LaneRequest<TRequest, TResult> request, RowHeldException rows) => request.Keys.Any(rows.Keys.Contains);

    private static LaneRequest<TRequest, TResult> KeptBy(LaneRequest<TRequest, TResult> request, Exception failure)
    {
        // What PostgreSQL said itself tells more.
        request.KeptBy = failure is RowHeldException && request.KeptBy is not null ? request.KeptBy : failure.InnerException ?? failure;
        return request;
    }

    /// <summary>Decides and answers; returns what went wrong. A lane outlives whatever an operation throws.</summary>
    private async Task<Exception?> AnswerAsync(List<LaneRequest<TRequest, TResult>> part, LaneWay way, TimeSpan inLine, CancellationToken cancellationToken)
    {
        TResult[] results;
        _isLoaded = false;
        try
        {
            results = await transactions.RunAsync(
                operation, [.. part.Select(request => request.Request)], way, inLine, part.Sum(request => request.Weight), MayDecide, Attempting, cancellationToken).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The boundary at which an error becomes its callers' answer.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return exception;
        }

        bool MayDecide(int i)
        {
            _isLoaded = true;
            return part[i].TryDecide();
        }

        void Attempting()
        {
            _isLoaded = false;
            _attempts++;
        }

        for (var i = 0; i < results.Length; i++)
        {
            // Without effect for one that was withdrawn in time: it has its answer.
            held.Leave(part[i].WaitsFor, had: true);
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

    /// <summary>
    /// Whether one request may have failed for all: a value or constraint that the database refuses, a mistake in the
    /// operation, a lock that somebody else holds on to where the batch is of several keys. A lost connection, a
    /// deadlock after all its retries, an unknown outcome or a server that cannot write is everybody's.
    /// </summary>
    private static bool IsOfOne(Exception exception, List<LaneRequest<TRequest, TResult>> part) => exception switch
    {
        OperationCanceledException or CommitOutcomeUnknownException or ConnectionLostException or DeadlockException or SerializationFailureException => false,
        LockTimeoutException or RowHeldException => true,
        BusyException => part.Select(request => request.Keys is [var first, ..] ? first : "").Distinct(StringComparer.Ordinal).Skip(1).Any(),
        _ => SqlStates.Find(exception) is not { } error || (!SqlStates.EndsSession(error) && !SqlStates.IsOfServer(error)),
    };
}
