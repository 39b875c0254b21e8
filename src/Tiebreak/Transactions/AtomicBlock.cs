using System.Globalization;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace Tiebreak.Transactions;

/// <summary>The loop below <see cref="AtomicExtensions"/> and the guards: one fresh context and transaction an attempt.</summary>
internal sealed class AtomicBlock<TContext>(IDbContextFactory<TContext> contexts, AtomicOptions options, TimeProvider time)
    where TContext : DbContext
{
    private const string LastPoint = "tiebreak_before_commit";

    // A wait for a lock is to end as one, also where a statement is given no more time than that.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _statementTimeout = StatementTimeout(options);

    // SET LOCAL, and not SELECT set_config: at REPEATABLE READ a SELECT would take the snapshot before the first lock.
    // The Citus setting makes the others reach every node; plain PostgreSQL keeps it as a name without meaning.
    private readonly string _settings = string.Create(
        CultureInfo.InvariantCulture,
        $"SET LOCAL citus.propagate_set_commands = 'local'; SET LOCAL lock_timeout = {(long)options.LockWait.TotalMilliseconds}; SET LOCAL statement_timeout = {(long)StatementTimeout(options).TotalMilliseconds}");

    /// <summary>Runs the block until an attempt commits or the attempts are used up.</summary>
    /// <param name="block">Reads, decides and writes.</param>
    /// <param name="decideAgain">
    /// Further errors of the server after which the block, run on fresh rows, may decide otherwise. When the attempts
    /// are used up such an error is passed on as it is.
    /// </param>
    /// <param name="cancellationToken">Ends the block and rolls back.</param>
    public async Task<TResult> RunAsync<TResult>(
        Func<TContext, CancellationToken, Task<TResult>> block,
        Func<PostgresException, bool>? decideAgain,
        CancellationToken cancellationToken)
    {
        var begun = time.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await AttemptAsync(block, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is not OperationCanceledException and not TiebreakException
                                              && SqlStates.Find(exception) is { } error)
            {
                var again = SqlStates.IsTransactionConflict(error) || decideAgain?.Invoke(error) == true;
                if (!again || attempt == options.MaxAttempts)
                {
                    ThrowTyped(error, exception, attempt, time.GetElapsedTime(begun));
                    throw;
                }
            }

            await Task.Delay(PauseAfter(attempt), time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<TResult> AttemptAsync<TResult>(Func<TContext, CancellationToken, Task<TResult>> block, CancellationToken cancellationToken)
    {
        var context = await contexts.CreateDbContextAsync(cancellationToken).ConfigureAwait(false);
        await using (context.ConfigureAwait(false))
        {
            var transaction = await context.Database.BeginTransactionAsync(options.IsolationLevel, cancellationToken).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                await SetBoundsAsync(context, cancellationToken).ConfigureAwait(false);
                var result = await block(context, cancellationToken).ConfigureAwait(false);
                await CommitAsync(transaction).ConfigureAwait(false);
                return result;
            }
        }
    }

    /// <summary>Costs no round trip of its own: Npgsql sends BEGIN together with it.</summary>
    private async Task SetBoundsAsync(TContext context, CancellationToken cancellationToken)
    {
        var connection = context.Database.GetDbConnection();
        var command = connection.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            LetTheServerTimeOutFirst(context, command.CommandTimeout);
            command.Transaction = context.Database.CurrentTransaction!.GetDbTransaction();
            command.CommandText = _settings;
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// The driver's own timeout (30 seconds unless configured) ends a statement with an error that says nothing of
    /// locks: it stays behind the server's.
    /// </summary>
    private void LetTheServerTimeOutFirst(TContext context, int configuredSeconds)
    {
        var seconds = context.Database.GetCommandTimeout() ?? configuredSeconds;
        var needed = (int)Math.Ceiling((_statementTimeout + Margin).TotalSeconds);
        if (seconds > 0 && seconds < needed)
        {
            context.Database.SetCommandTimeout(needed);
        }
    }

    /// <summary>
    /// A COMMIT that was sent is waited for: to cancel it would only turn its outcome into a guess. The savepoint before
    /// it travels in the same round trip, and fails where the block swallowed an error of the server: COMMIT alone
    /// would then roll back and report success (https://www.postgresql.org/docs/current/sql-commit.html).
    /// </summary>
    private static async Task CommitAsync(IDbContextTransaction transaction)
    {
        try
        {
            await transaction.GetDbTransaction().SaveAsync(LastPoint, CancellationToken.None).ConfigureAwait(false);
            await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.InFailedSqlTransaction)
        {
            throw new InvalidOperationException(
                "A statement of the block failed and the block went on as if it had not: PostgreSQL rolled the transaction back, and nothing was changed. Let the error out of the block, or save what may fail after a savepoint.", error);
        }
        catch (Exception exception) when (exception is not InvalidOperationException && (SqlStates.Find(exception) is not { } error || SqlStates.EndsSession(error)))
        {
            throw new CommitOutcomeUnknownException(exception);
        }
    }

    private static TimeSpan StatementTimeout(AtomicOptions options) =>
        options.StatementTimeout > options.LockWait ? options.StatementTimeout : options.LockWait + Margin;

    private static void ThrowTyped(PostgresException error, Exception exception, int attempts, TimeSpan waited)
    {
        switch (error.SqlState)
        {
            case PostgresErrorCodes.LockNotAvailable:
                throw new LockTimeoutException(attempts, waited, exception);
            case PostgresErrorCodes.QueryCanceled:
                throw new StatementTimeoutException(attempts, waited, exception);
            case PostgresErrorCodes.DeadlockDetected:
                throw new DeadlockException(attempts, waited, exception);
            case PostgresErrorCodes.SerializationFailure:
                throw new SerializationFailureException(attempts, waited, exception);
        }
    }

    private TimeSpan PauseAfter(int attempt)
    {
        var bound = Math.Min(options.MaxRetryDelay.TotalMilliseconds, options.RetryDelay.TotalMilliseconds * Math.Pow(2, attempt - 1));
        return TimeSpan.FromMilliseconds(bound * RandomNumberGenerator.GetInt32(0, 1001) / 1000d);
    }
}
