using System.Runtime.ExceptionServices;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Transactions;

namespace Tiebreak.WorkQueues;

/// <summary>Runs a job's handler and completes the job, in one transaction on a fresh context.</summary>
internal sealed class Handling<TContext, TPayload>(
    IDbContextFactory<TContext> contexts, string queue, Func<TContext, Job<TPayload>, CancellationToken, Task> handler, QueueWorkerOptions options)
    where TContext : DbContext
{
    private volatile bool _retries = true;

    /// <summary>Comes back when handler and completion are committed; otherwise nothing of them remains, or the connection was lost amid COMMIT.</summary>
    public async Task RunAsync(ClaimedJob claimed, CancellationToken cancellationToken)
    {
        if (!_retries)
        {
            (await TryRunAsync(claimed, cancellationToken).ConfigureAwait(false))?.Throw();
            return;
        }

        // A retrying execution strategy refuses transactions that it did not begin, and would run the handler again on
        // the same context. Inside of it EF Core asks no strategy again; and as no error leaves it, it retries nothing.
        var outer = await contexts.CreateDbContextAsync(cancellationToken).ConfigureAwait(false);
        await using (outer.ConfigureAwait(false))
        {
            var strategy = outer.Database.CreateExecutionStrategy();
            _retries = strategy.RetriesOnFailure;
            var error = await strategy.ExecuteAsync(
                async () => await TryRunAsync(claimed, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
            error?.Throw();
        }
    }

    private async Task<ExceptionDispatchInfo?> TryRunAsync(ClaimedJob claimed, CancellationToken cancellationToken)
    {
        try
        {
            await contexts.AtomicAsync(
                (db, token) => HandleAsync(db, claimed, token), options.Transaction, cancellationToken).ConfigureAwait(false);
            return null;
        }
#pragma warning disable CA1031 // Handed to the caller, who throws it again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return ExceptionDispatchInfo.Capture(Told(exception));
        }
    }

    private static Exception Told(Exception exception) =>
        SqlStates.Find(exception)?.SqlState == PostgresErrorCodes.InFailedSqlTransaction
            ? new InvalidOperationException(
                "A statement of the handler failed and the handler went on as if it had not: PostgreSQL rolls all of it back. Let the error out of the handler, or set a savepoint before what may fail.", exception)
            : ConnectionLoss.IsToldBy(exception, isBroken: false) ? new ConnectionLostException(exception)
            : exception;

    private async Task HandleAsync(TContext db, ClaimedJob claimed, CancellationToken cancellationToken)
    {
        var transaction = db.Database.CurrentTransaction;
        var job = new Job<TPayload>(claimed.Id, queue, claimed.Key, Read(claimed.Payload), claimed.Attempt, claimed.EnqueuedAt);
        await handler(db, job, cancellationToken).ConfigureAwait(false);
        if (transaction is null || !ReferenceEquals(db.Database.CurrentTransaction, transaction))
        {
            throw new InvalidOperationException(
                "The handler ended the transaction that it was given. What it committed stays, and the job will run again: leave COMMIT and ROLLBACK to the worker, and use savepoints for a part that may fail.");
        }

        if (db.ChangeTracker.HasChanges())
        {
            await db.SaveChangesAsync(cancellationToken).ConfigureAwait(false);
        }

        AtomicScope.Of(db)!.LastWrite = new CompletingWrite(db, claimed);
    }

    private TPayload Read(string payload)
    {
        try
        {
            return JsonSerializer.Deserialize<TPayload>(payload, options.Json)
                ?? throw new RejectJobException($"The payload is null, which is no {typeof(TPayload).Name}.");
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            throw new RejectJobException($"The payload does not deserialise as {typeof(TPayload).FullName}: {exception.Message}", exception);
        }
    }
}
