using Microsoft.EntityFrameworkCore;
using Tiebreak.Operations;
using Tiebreak.RowLocks;

namespace Tiebreak.Lanes;

/// <summary>The transactions that lanes run operations in: how long they wait, and how long they may take.</summary>
internal sealed class LaneTransactions<TContext>(IDbContextFactory<TContext> contexts, LaneGuardOptions options, TimeProvider time)
    where TContext : DbContext
{
    /// <summary>What a request waits in all for rows that somebody holds.</summary>
    public TimeSpan LockWait => options.Transaction.LockWait;

    /// <summary>What a request that is alone in the line of its key waits at a time.</summary>
    public TimeSpan InLine { get; } = Part(options, 12);

    /// <summary>Runs the operation in one transaction.</summary>
    /// <param name="operation">The change.</param>
    /// <param name="requests">In the order of their arrival.</param>
    /// <param name="way">How their rows are taken.</param>
    /// <param name="inLine">How long <see cref="LaneWay.InLine"/> waits.</param>
    /// <param name="weight">What the requests weigh together.</param>
    /// <param name="mayDecide">Asked right before each decision, by position.</param>
    /// <param name="attempting">Called at the beginning of each attempt.</param>
    /// <param name="cancellationToken">Rolls back.</param>
    /// <exception cref="RowHeldException">A row was not free, and was to be taken only if it is.</exception>
    public Task<TResult[]> RunAsync<TRequest, TState, TResult>(
        IOperation<TContext, TRequest, TState, TResult> operation, IReadOnlyList<TRequest> requests, LaneWay way, TimeSpan inLine, long weight, Func<int, bool> mayDecide, Action attempting, CancellationToken cancellationToken)
    {
        // Whatever else a transaction waits for, a unique key that another has not committed yet, it waits for as briefly.
        var transaction = options.Transaction with { LockWait = Part(options, way == LaneWay.FreeOnly ? 300 : 60) };
        var protection = Protection.OfLane(options.OneKeyABatch, way switch
        {
            LaneWay.FreeOnly => RowLockWait.SkipLocked,
            LaneWay.InLine => RowLockWait.UpTo(inLine),
            _ => RowLockWait.Default,
        });
        return new OperationRunner<TContext>(contexts, transaction.GrownBy(weight), time)
            .RunAsync(operation, requests, protection, mayDecide, cancellationToken, attempting);
    }

    private static TimeSpan Part(LaneGuardOptions options, int of) =>
        TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(options.Transaction.LockWait.TotalMilliseconds / of)));
}
