using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Tiebreak.Transactions;

namespace Tiebreak.Updates;

/// <summary>The loop below <see cref="OptimisticExtensions"/>: one fresh context an attempt.</summary>
internal sealed class OptimisticBlock<TContext>(IDbContextFactory<TContext> contexts, OptimisticOptions options, TimeProvider time)
    where TContext : DbContext
{
    public async Task<TResult> RunAsync<TResult>(Func<TContext, CancellationToken, Task<TResult>> block, CancellationToken cancellationToken)
    {
        var begun = time.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await AttemptAsync(block, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (IsConflict(exception))
            {
                if (attempt == options.MaxAttempts)
                {
                    throw new OptimisticConflictException(attempt, time.GetElapsedTime(begun), exception);
                }
            }

            await Task.Delay(PauseAfter(attempt), time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<TResult> SaveOnceAsync<TResult>(TContext context, Func<TContext, CancellationToken, Task<TResult>> block, CancellationToken cancellationToken)
    {
        var inBlock = true;
        using var versions = new GivenVersions(context);
        void Refuse(object? sender, SavingChangesEventArgs arguments)
        {
            if (inBlock)
            {
                throw new InvalidOperationException("An optimistic block saves by itself, once, after its end: what it saved before could be applied again by the next attempt. Leave SaveChanges out of it.");
            }
        }

        context.SavingChanges += Refuse;
        try
        {
            var result = await block(context, cancellationToken).ConfigureAwait(false);
            inBlock = false;
            RequireTokens(context);
            versions.Compare();
            await context.SaveChangesAsync(cancellationToken).ConfigureAwait(false);
            return result;
        }
        catch (DbUpdateConcurrencyException conflict)
        {
            if (await versions.FindAsync(conflict, cancellationToken).ConfigureAwait(false) is { } stale)
            {
                throw stale;
            }

            throw;
        }
        catch (Exception exception) when (ConnectionLoss.IsToldBy(exception, isBroken: false))
        {
            // One statement that is saved alone is committed by itself.
            throw inBlock ? new ConnectionLostException(exception) : new CommitOutcomeUnknownException(exception);
        }
        finally
        {
            context.SavingChanges -= Refuse;
        }
    }

    private static bool IsConflict(Exception exception) => exception is DbUpdateConcurrencyException
        || (exception is not OperationCanceledException and not TiebreakException && SqlStates.Find(exception) is { } error && SqlStates.IsTransactionConflict(error));

    private static void RequireTokens(TContext context)
    {
        foreach (var entry in context.ChangeTracker.Entries().Where(entry => entry.State is EntityState.Modified or EntityState.Deleted))
        {
            if (!IsGuarded(entry))
            {
                throw new UpdateNotPossibleException(
                    $"'{entry.Metadata.DisplayName()}' has no concurrency token, so a change by somebody else would be overwritten unseen. Give it one: a property 'public uint Version {{ get; set; }}' with [Timestamp] or .IsRowVersion() is PostgreSQL's own xmin and needs no column; or .IsConcurrencyToken() on a property that each change sets anew.");
            }
        }
    }

    /// <summary>EF Core gives what an entity owns in the same row a shadow token of its own, so that both are written under it.</summary>
    private static bool IsGuarded(EntityEntry entry) =>
        entry.Metadata.GetProperties().Any(property => property.IsConcurrencyToken);

    private async Task<TResult> AttemptAsync<TResult>(Func<TContext, CancellationToken, Task<TResult>> block, CancellationToken cancellationToken)
    {
        var context = await contexts.CreateDbContextAsync(cancellationToken).ConfigureAwait(false);
        await using (context.ConfigureAwait(false))
        {
            // A save whose COMMIT got through unheard would be repeated, fail on its own new version, and be taken for a conflict.
            if (context.Database.CreateExecutionStrategy().RetriesOnFailure)
            {
                throw new UpdateNotPossibleException(
                    "An optimistic block and EnableRetryOnFailure could apply one change twice: a save that is repeated after a lost answer looks like somebody else's change. Leave EnableRetryOnFailure out for this context.");
            }

            return await SaveOnceAsync(context, block, cancellationToken).ConfigureAwait(false);
        }
    }

    private TimeSpan PauseAfter(int attempt)
    {
        var bound = Math.Min(options.MaxRetryDelay.TotalMilliseconds, options.RetryDelay.TotalMilliseconds * Math.Pow(2, attempt - 1));
        return TimeSpan.FromMilliseconds(bound * RandomNumberGenerator.GetInt32(0, 1001) / 1000d);
    }
}
