using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Tiebreak.Transactions;

/// <summary>The loop below <see cref="AtomicExtensions"/> and the guards: one fresh context and transaction an attempt.</summary>
internal sealed class AtomicBlock<TContext>(IDbContextFactory<TContext> contexts, AtomicOptions options, TimeProvider time)
    where TContext : DbContext
{
    private readonly IDbContextFactory<TContext> _contexts = contexts;
    private readonly AtomicOptions _options = options;
    private readonly TimeProvider _time = time;

    /// <summary>Runs the block until an attempt commits or the attempts are used up.</summary>
    /// <param name="block">Reads, decides and writes.</param>
    /// <param name="decideAgain">
    /// Further errors after which the block, run on fresh rows, may decide otherwise. When the attempts are used up such
    /// an error is passed on as it is.
    /// </param>
    /// <param name="cancellationToken">Ends the block and rolls back.</param>
    /// <param name="isCommitted">Settles a COMMIT whose answer was lost.</param>
    /// <param name="opensWithFirstQuery">Whether the block itself sees to it that the transaction's bounds are sent.</param>
    public async Task<TResult> RunAsync<TResult>(
        Func<TContext, CancellationToken, Task<TResult>> block,
        Func<Exception, bool>? decideAgain,
        CancellationToken cancellationToken,
        Func<TContext, CancellationToken, Task<bool>>? isCommitted = null,
        bool opensWithFirstQuery = false)
    {
        if (_options.Durable)
        {
            RefuseToBeNested();
        }

        var run = new Run<TResult>(this, block, decideAgain, isCommitted, opensWithFirstQuery);
        try
        {
            await RunBesideTheStrategyAsync(run, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (run.IsConnectionLost(exception) && ExecutionStrategy.Current is not { RetriesOnFailure: true })
        {
            // A strategy that the caller runs is to try again, and knows the driver's errors only.
            throw new ConnectionLostException(exception);
        }

        await WorkAfterCommitAsync(run, cancellationToken).ConfigureAwait(false);
        return run.Result!;
    }

    private static void RefuseToBeNested()
    {
        if (AmbientBlock<TContext>.IsOpen || System.Transactions.Transaction.Current is not null)
        {
            throw new InvalidOperationException(
                $"This atomic block is durable: what it answers is committed, so it cannot run inside another transaction, and one of {typeof(TContext).Name} is open around it. Call it after that one; or, to be part of that one, use the context that its block was given: db.AtomicAsync(...).");
        }
    }

    /// <summary>
    /// A retrying execution strategy forbids transactions that it did not begin, and would run its retries on one context.
    /// So the loop runs inside the strategy of a context that does nothing else: the strategy sees no transaction, judges
    /// lost connections by its own rule, and each of its retries begins with a fresh context too.
    /// </summary>
    private async Task RunBesideTheStrategyAsync<TResult>(Run<TResult> run, CancellationToken cancellationToken)
    {
        var first = await _contexts.CreateDbContextAsync(cancellationToken).ConfigureAwait(false);
        var strategy = first.Database.CreateExecutionStrategy();
        if (!strategy.RetriesOnFailure)
        {
            await run.LoopAsync(first, cancellationToken).ConfigureAwait(false);
            return;
        }

        await using (first.ConfigureAwait(false))
        {
            await strategy.ExecuteAsync(run, static (state, token) => state.LoopAsync(null, token), cancellationToken).ConfigureAwait(false);
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "The change is committed: every failure of the work is gathered and told as such.")]
    private static async Task WorkAfterCommitAsync<TResult>(Run<TResult> run, CancellationToken cancellationToken)
    {
        List<Exception>? failures = null;
        foreach (var work in run.Work)
        {
            try
            {
                await work(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                (failures ??= []).Add(exception);
            }
        }

        if (failures is not null)
        {
            throw new AfterCommitException(run.HasAnswer ? run.Result : null, failures);
        }
    }

    private TimeSpan PauseAfter(int attempt)
    {
        var bound = Math.Min(_options.MaxRetryDelay.TotalMilliseconds, _options.RetryDelay.TotalMilliseconds * Math.Pow(2, attempt - 1));
        return TimeSpan.FromMilliseconds(bound * RandomNumberGenerator.GetInt32(0, 1001) / 1000d);
    }

    /// <summary>One call: what its attempts have in common.</summary>
    private sealed class Run<TResult>(
        AtomicBlock<TContext> outer,
        Func<TContext, CancellationToken, Task<TResult>> block,
        Func<Exception, bool>? decideAgain,
        Func<TContext, CancellationToken, Task<bool>>? isCommitted,
        bool opensWithFirstQuery)
    {
        private readonly long _begun = outer._time.GetTimestamp();
        private int _attempt;
        private AtomicAttempt<TContext>? _last;

        public TResult? Result { get; private set; }

        public bool HasAnswer => Result is not NoAnswer;

        public IReadOnlyList<Func<CancellationToken, Task>> Work { get; private set; } = [];

        public bool IsConnectionLost(Exception exception) =>
            _last is { IsConnectionLost: true } && ConnectionLoss.IsToldBy(exception, isBroken: true);

        public async Task LoopAsync(TContext? first, CancellationToken cancellationToken)
        {
            while (true)
            {
                var context = first ?? await outer._contexts.CreateDbContextAsync(cancellationToken).ConfigureAwait(false);
                first = null;
                _attempt++;
                var attempt = new AtomicAttempt<TContext>(context, outer._options, opensWithFirstQuery, isCommitted is not null);
                _last = attempt;
                try
                {
                    await attempt.RunAsync(block, answer => Result = answer, cancellationToken).ConfigureAwait(false);
                    Work = attempt.Work;
                    return;
                }
                catch (CommitOutcomeUnknownException unknown) when (attempt.CommitWasSent && isCommitted is not null)
                {
                    if (await IsSettledAsync(attempt, unknown, cancellationToken).ConfigureAwait(false))
                    {
                        Work = attempt.Work;
                        return;
                    }
                }
                catch (Exception exception) when (MayEndDifferently(exception, attempt))
                {
                    Judge(attempt.Ended ?? exception, exception);
                }

                await Task.Delay(outer.PauseAfter(_attempt), outer._time, cancellationToken).ConfigureAwait(false);
            }
        }

        private bool MayEndDifferently(Exception exception, AtomicAttempt<TContext> attempt) =>
            exception is not OperationCanceledException
            && !(exception is CommitOutcomeUnknownException && attempt.CommitWasSent)
            && (attempt.Ended is not null || AtomicErrors.IsOfOwnStatement(exception) || decideAgain?.Invoke(exception) == true);

        /// <summary>Comes back where another attempt is due.</summary>
        private void Judge(Exception cause, Exception thrown)
        {
            if (_attempt < outer._options.MaxAttempts && (AtomicErrors.IsConflict(cause) || decideAgain?.Invoke(cause) == true))
            {
                return;
            }

            if (AtomicErrors.IsOfOwnStatement(cause)
                && AtomicErrors.OfBlock(cause, _attempt, outer._time.GetElapsedTime(_begun), outer._options.Keys) is { } busy)
            {
                throw busy;
            }

            ExceptionDispatchInfo.Throw(thrown);
        }

        /// <summary>True: it was committed. False: it was not, and another attempt is due.</summary>
        private async Task<bool> IsSettledAsync(AtomicAttempt<TContext> attempt, CommitOutcomeUnknownException unknown, CancellationToken cancellationToken)
        {
            var question = new CommitQuestion<TContext>(outer._contexts, isCommitted!, outer._options, outer._time);
            var answer = await question.AskAsync(attempt.TransactionId, cancellationToken).ConfigureAwait(false);
            if (answer is null)
            {
                ExceptionDispatchInfo.Throw(unknown);
            }

            if (answer == false && _attempt >= outer._options.MaxAttempts)
            {
                throw new ConnectionLostException("The connection was lost during COMMIT, and the change is not there. Nothing was committed; the same change may be sent again.", unknown.InnerException!);
            }

            return answer == true;
        }
    }
}
