using Microsoft.EntityFrameworkCore;
using Tiebreak.RowLocks;

namespace RaceTests;

/// <summary>Adds points to an account, in the way most code does it, and with a row lock.</summary>
public static class EarnPoints
{
    /// <summary>Read, decide, write: somebody else may come in between.</summary>
    public static async Task<int> NaiveAsync(ShopContext db, int points)
    {
        var account = await db.Accounts.SingleAsync(account => account.Id == 1);
        account.Points += points;
        await db.SaveChangesAsync();
        return points;
    }

    /// <summary>The same behind a lock: who comes second reads what the first has written.</summary>
    public static async Task<int> LockedAsync(ShopContext db, int points)
    {
        await using var transaction = await db.Database.BeginTransactionAsync();
        var account = await db.Accounts.Where(account => account.Id == 1).ForUpdate().SingleAsync();
        account.Points += points;
        await db.SaveChangesAsync();
        await transaction.CommitAsync();
        return points;
    }
}
