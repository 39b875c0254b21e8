using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace Tiebreak.Transactions;

/// <summary>One attempt at an atomic block: a context and a transaction of its own.</summary>
/// <param name="context">Its own; disposed at the end.</param>
/// <param name="options">How the block runs.</param>
/// <param name="opensWithFirstQuery">Whether the bounds wait for <see cref="AtomicScope.OpenAsync"/> or the first query.</param>
/// <param name="keepsTransactionId">Whether the transaction's number is read before COMMIT.</param>
internal sealed class AtomicAttempt<TContext>(TContext context, AtomicOptions options, bool opensWithFirstQuery, bool keepsTransactionId)
    where TContext : DbContext
{
    private const string LastPoint = "tiebreak_before_commit";

    private readonly AtomicScope _scope = AtomicScope.Open(context);

    /// <summary>What ended the transaction inside a nested block, whoever may have caught it since.</summary>
    public Exception? Ended => _scope.Ended;

    public IReadOnlyList<Func<CancellationToken, Task>> Work => _scope.Work;

    /// <summary>Whether an unknown outcome is this attempt's own.</summary>
    public bool CommitWasSent { get; private set; }

    /// <summary>Whether a connection was not to be had, or broke.</summary>
    public bool IsConnectionLost => _scope.Connection?.IsLost != false;

    /// <summary>PostgreSQL's number of the transaction; null where it wrote nothing or nobody asked.</summary>
    public string? TransactionId { get; private set; }

    /// <summary>Runs the block, commits, and gives the context back.</summary>
    /// <param name="block">Reads, decides and writes.</param>
    /// <param name="answered">Told what the block answers, before COMMIT is sent.</param>
    /// <param name="cancellationToken">Ends the block and rolls back.</param>
    public async Task RunAsync<TResult>(Func<TContext, CancellationToken, Task<TResult>> block, Action<TResult> answered, CancellationToken cancellationToken)
    {
        AmbientBlock<TContext>.Enter(_scope);
        await using (context.ConfigureAwait(false))
        {
            // Before the context goes back to its pool.
            using var scope = _scope;
            var transaction = await context.Database.BeginTransactionAsync(options.IsolationLevel, cancellationToken).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                scope.Connection = new ConnectionWatch(context.Database.GetDbConnection());
                TransactionBounds.LetTheServerTimeOutFirst(context, options);
                scope.Opening = TransactionBounds.TextOf(options);
                if (!opensWithFirstQuery)
                {
                    await scope.OpenAsync(cancellationToken).ConfigureAwait(false);
                }

                answered(await block(context, cancellationToken).ConfigureAwait(false));
                scope.ThrowIfEnded();
                scope.Connection.ThrowIfLost();
                if (keepsTransactionId)
                {
                    await ReadTransactionIdAsync(cancellationToken).ConfigureAwait(false);
                }

                await CommitAsync(transaction, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task ReadTransactionIdAsync(CancellationToken cancellationToken)
    {
        var command = context.Database.GetDbConnection().CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            command.Transaction = context.Database.CurrentTransaction?.GetDbTransaction();
            command.CommandText = "SELECT pg_current_xact_id_if_assigned()::text";
            TransactionId = await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) as string;
        }
    }

    /// <summary>
    /// A COMMIT that was sent is waited for: to cancel it would only turn its outcome into a guess. The savepoint before
    /// it travels in the same round trip, and fails where the block swallowed an error of the server: COMMIT alone
    /// would then roll back and report success (https://www.postgresql.org/docs/current/sql-commit.html).
    /// </summary>
    private async Task CommitAsync(IDbContextTransaction transaction, CancellationToken cancellationToken)
    {
        try
        {
            if (_scope.LastWrite is { } write)
            {
                // It fails where the block swallowed an error, as the savepoint does.
                write.Prepare();
                cancellationToken.ThrowIfCancellationRequested();
                CommitWasSent = true;
                await write.SendAsync().ConfigureAwait(false);
                return;
            }

            await transaction.GetDbTransaction().SaveAsync(LastPoint, CancellationToken.None).ConfigureAwait(false);
            CommitWasSent = true;
            await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error) when (SqlStates.Find(error)?.SqlState == PostgresErrorCodes.InFailedSqlTransaction)
        {
            throw new InvalidOperationException(
                "A statement of the block failed and the block went on as if it had not: PostgreSQL rolled the transaction back, and nothing was changed. Let the error out of the block, or save what may fail in a nested block: db.AtomicAsync(...).", error);
        }
        catch (Exception exception) when (CommitWasSent && exception is not InvalidOperationException && (SqlStates.Find(exception) is not { } error || SqlStates.EndsSession(error)))
        {
            // What EF Core wraps around it says that nothing was written, which is not known here.
            throw new CommitOutcomeUnknownException(exception is DbUpdateException { InnerException: { } lost } ? lost : exception);
        }
    }
}
