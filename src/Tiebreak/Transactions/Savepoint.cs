using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Tiebreak.Transactions;

/// <summary>Where a nested block began: in the transaction, in the change tracker, in the work after commit.</summary>
internal sealed class Savepoint(DbContext context, IDbContextTransaction transaction, AtomicScope? scope)
{
    private static long _made;

    private readonly TrackerSnapshot _tracked = TrackerSnapshot.Of(context.ChangeTracker);
    private readonly int _work = scope?.Work.Count ?? 0;

    // A name of its own: PostgreSQL takes one that occurs twice for the later, which a block that was not awaited may
    // have left there.
    public string Name { get; } = string.Create(CultureInfo.InvariantCulture, $"tiebreak_nested_{Interlocked.Increment(ref _made)}");

    public async Task GoBackAsync(Exception cause)
    {
        scope?.DropWorkFrom(_work);
        if (AtomicErrors.EndsTransaction(cause) || scope?.Connection?.IsLost == true)
        {
            scope?.End(cause);
            return;
        }

        try
        {
            await transaction.RollbackToSavepointAsync(Name, CancellationToken.None).ConfigureAwait(false);

            // What the savepoint protected is gone; it itself stays until it is released.
            await transaction.ReleaseSavepointAsync(Name, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception failed)
        {
            scope?.End(cause);
            throw new InvalidOperationException(
                $"A nested block failed ({cause.Message}), and its savepoint could not be gone back to ({failed.Message}): the whole transaction is lost. Roll it back and use a fresh context.", cause);
        }

        if (_tracked.Restore() is { } obstacle)
        {
            var lost = new InvalidOperationException(
                $"A nested block failed and was rolled back, but the context cannot be put back to what the database holds: {obstacle}. The whole transaction is given up. Let a nested block that changes such entities use AsNoTracking(), or run it as a transaction of its own.", cause);
            scope?.End(lost);
            throw lost;
        }
    }
}
