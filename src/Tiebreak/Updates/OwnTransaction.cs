using System.Transactions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;
using Tiebreak.RowLocks;
using Tiebreak.Transactions;

namespace Tiebreak.Updates;

/// <summary>
/// Runs a statement that writes rows and reads them back, so that what fails on the way back (a tracked entity that
/// cannot take the new row, a converter that throws) leaves nothing written: outside of a transaction in one of its own
/// that is committed once the rows are there, inside of one behind a savepoint where a tracked entity may refuse its row.
/// </summary>
internal sealed class OwnTransaction(DbContext context, IEntityType entity, bool tracking)
{
    private const string Savepoint = "tiebreak_way_back";

    private bool HasTracked => tracking && context.ChangeTracker.Entries().Any(IsOfEntity);

    private bool IsInsideAnother => context.Database.CurrentTransaction is not null
        || Transaction.Current is not null || context.Database.GetEnlistedTransaction() is not null;

    public async Task<TResult> RunAsync<TResult>(Func<CancellationToken, Task<TResult>> statement, CancellationToken cancellationToken)
    {
        if (IsInsideAnother)
        {
            return await BehindASavepointAsync(statement, cancellationToken).ConfigureAwait(false);
        }

        // A strategy that the caller runs is to try again, and knows the driver's errors only.
        var isCallersStrategy = ExecutionStrategy.Current is { RetriesOnFailure: true };
        try
        {
            return await context.Database.CreateExecutionStrategy()
                .ExecuteAsync(token => AttemptAsync(statement, token), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (!isCallersStrategy && ConnectionLoss.IsToldBy(exception, isBroken: false))
        {
            throw new ConnectionLostException(exception);
        }
    }

    private async Task<TResult> AttemptAsync<TResult>(Func<CancellationToken, Task<TResult>> statement, CancellationToken cancellationToken)
    {
        var transaction = await context.Database.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            var before = Remember();
            TResult result;
            try
            {
                result = await statement(cancellationToken).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
            }
            catch (Exception exception)
            {
                PutBack(before, exception);
                if (exception is RowLockNotPossibleException)
                {
                    throw Refused(exception);
                }

                throw;
            }

            await CommitAsync(transaction, before).ConfigureAwait(false);
            return result;
        }
    }

    private async Task CommitAsync(IDbContextTransaction transaction, TrackerSnapshot? before)
    {
        try
        {
            await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (SqlStates.Find(exception) is { } error && !SqlStates.EndsSession(error))
        {
            PutBack(before, exception);
            throw;
        }
        catch (Exception exception)
        {
            // Typed, so that a retrying strategy does not apply the change again.
            throw new CommitOutcomeUnknownException(exception);
        }
    }

    private async Task<TResult> BehindASavepointAsync<TResult>(Func<CancellationToken, Task<TResult>> statement, CancellationToken cancellationToken)
    {
        if (context.Database.CurrentTransaction is not { } transaction || !HasTracked)
        {
            return await statement(cancellationToken).ConfigureAwait(false);
        }

        var before = Remember();
        await transaction.CreateSavepointAsync(Savepoint, cancellationToken).ConfigureAwait(false);
        TResult result;
        try
        {
            result = await statement(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (SqlStates.Find(exception) is null && !ConnectionLoss.IsToldBy(exception, isBroken: false) && exception is not OperationCanceledException)
        {
            await transaction.RollbackToSavepointAsync(Savepoint, CancellationToken.None).ConfigureAwait(false);
            await transaction.ReleaseSavepointAsync(Savepoint, CancellationToken.None).ConfigureAwait(false);
            PutBack(before, exception);
            if (exception is RowLockNotPossibleException)
            {
                throw Refused(exception);
            }

            throw;
        }

        await transaction.ReleaseSavepointAsync(Savepoint, cancellationToken).ConfigureAwait(false);
        return result;
    }

    private TrackerSnapshot? Remember() => tracking ? TrackerSnapshot.Of(context.ChangeTracker, IsOfEntity) : null;

    private static void PutBack(TrackerSnapshot? before, Exception cause)
    {
        if (before?.Restore() is { } obstacle)
        {
            throw new UpdateNotPossibleException(
                $"The change failed ({cause.Message}) and nothing was changed in the database, but the context cannot be put back to that: {obstacle}. Throw the context away.", cause);
        }
    }

    private static UpdateNotPossibleException Refused(Exception cause) => new(
        $"A tracked entity cannot take the changed row. Nothing was changed. Use AsNoTracking(), a fresh context, or context.ChangeTracker.Clear() before the call. {cause.Message}", cause);

    private bool IsOfEntity(EntityEntry entry) =>
        entity.IsAssignableFrom(entry.Metadata)
        || entry.Metadata.FindOwnership() is { } ownership && entity.IsAssignableFrom(ownership.PrincipalEntityType);
}
