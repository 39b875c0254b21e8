using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace Tiebreak.Updates;

/// <summary>Sees to it that recorded increments are not left behind by a save that does not apply them.</summary>
internal sealed class IncrementInterceptor : SaveChangesInterceptor
{
    public override InterceptionResult<int> SavingChanges(DbContextEventData eventData, InterceptionResult<int> result)
    {
        Check(eventData.Context);
        return result;
    }

    public override ValueTask<InterceptionResult<int>> SavingChangesAsync(
        DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        Check(eventData.Context);
        return ValueTask.FromResult(result);
    }

    private static void Check(DbContext? context)
    {
        if (context?.GetService<PendingIncrements>() is { Saving: false, All.Count: > 0 })
        {
            throw new InvalidOperationException("The context has increments that SaveChanges does not apply. Call SaveChangesWithIncrementsAsync(); it saves everything else as well. Nothing was saved.");
        }
    }
}
