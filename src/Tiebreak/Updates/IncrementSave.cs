using System.Transactions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Tiebreak.Transactions;

namespace Tiebreak.Updates;

/// <summary>
/// One save of a context together with its increments. Nothing that the context tracks is accepted as saved before the
/// transaction has ended well, so an attempt that fails leaves everything as it was.
/// </summary>
internal sealed class IncrementSave(DbContext context, PendingIncrements pending)
{
    private const string Savepoint = "tiebreak_increments";

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        RequireSaveable();
        var strategy = context.Database.CreateExecutionStrategy();
        var (saved, rows) = await strategy.ExecuteAsync(AttemptAsync, cancellationToken).ConfigureAwait(false);

        context.ChangeTracker.AcceptAllChanges();
        foreach (var (increment, row) in rows)
        {
            increment.TakeOver(context, row);
        }

        pending.Clear();
        return saved + rows.Count;
    }

    private void RequireSaveable()
    {
        foreach (var increment in pending.All)
        {
            var entry = context.Entry(increment.Entity);
            entry.DetectChanges();
            if (entry.State is not (EntityState.Unchanged or EntityState.Modified) || entry.Property(increment.Property).IsModified)
            {
                throw new InvalidOperationException(
                    $"'{increment.Property.Name}' of '{entry.Metadata.DisplayName()}' has an increment, and the entity is {entry.State}{(entry.State == EntityState.Modified ? " with an assigned value of the same property" : "")}. Either increment it or assign it. Nothing was saved.");
            }
        }
    }

    private async Task<(int Saved, List<(PendingIncrement Increment, object Row)> Rows)> AttemptAsync(CancellationToken cancellationToken)
    {
        var outer = context.Database.CurrentTransaction;
        var own = outer is null && Transaction.Current is null && context.Database.GetEnlistedTransaction() is null
            ? await context.Database.BeginTransactionAsync(cancellationToken).ConfigureAwait(false)
            : null;
        try
        {
            if (outer is not null)
            {
                await outer.CreateSavepointAsync(Savepoint, cancellationToken).ConfigureAwait(false);
            }

            var result = await WriteAsync(cancellationToken).ConfigureAwait(false);
            await EndAsync(own, outer).ConfigureAwait(false);
            return result;
        }
        catch (Exception exception) when (outer is not null && exception is not CommitOutcomeUnknownException)
        {
            await GoBackAsync(outer).ConfigureAwait(false);
            throw;
        }
        finally
        {
            if (own is not null)
            {
                await own.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task<(int Saved, List<(PendingIncrement Increment, object Row)> Rows)> WriteAsync(CancellationToken cancellationToken)
    {
        pending.Saving = true;
        try
        {
            // The other changes first: an increment makes a new version of its row, which their tokens would stumble over.
            var saved = await context.SaveChangesAsync(acceptAllChangesOnSuccess: false, cancellationToken).ConfigureAwait(false);
            var rows = new List<(PendingIncrement, object)>();
            foreach (var increment in pending.All)
            {
                rows.Add((increment, await increment.ApplyAsync(context, cancellationToken).ConfigureAwait(false)));
            }

            return (saved, rows);
        }
        finally
        {
            pending.Saving = false;
        }
    }

    private static async Task EndAsync(IDbContextTransaction? own, IDbContextTransaction? outer)
    {
        if (outer is not null)
        {
            await outer.ReleaseSavepointAsync(Savepoint, CancellationToken.None).ConfigureAwait(false);
        }

        try
        {
            await (own?.CommitAsync(CancellationToken.None) ?? Task.CompletedTask).ConfigureAwait(false);
        }
        catch (Exception exception) when (SqlStates.Find(exception) is not { } error || SqlStates.EndsSession(error))
        {
            // Typed, so that a retrying strategy does not apply the increments again.
            throw new CommitOutcomeUnknownException(exception);
        }
    }

    /// <summary>The first error says what happened; one of going back, on a lost connection, would only hide it.</summary>
    private static async Task GoBackAsync(IDbContextTransaction outer)
    {
        try
        {
            await outer.RollbackToSavepointAsync(Savepoint, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is Npgsql.NpgsqlException or InvalidOperationException)
        {
            // The transaction ended with its connection.
        }
    }
}
