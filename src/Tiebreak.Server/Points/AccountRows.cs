using Microsoft.EntityFrameworkCore;
using Tiebreak.Operations;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Storage;

namespace Tiebreak.Server.Points;

/// <summary>The rows that more than one change of points reads.</summary>
internal static class AccountRows
{
    /// <summary>
    /// The accounts, taken under the guard in the order of their ids, which is the order of every change: two transfers
    /// in opposite directions cannot wait for each other.
    /// </summary>
    public static async Task<Dictionary<string, Account>> SubjectsAsync(OperationScope<TiebreakDb> scope, IEnumerable<string> accountIds, CancellationToken cancellationToken)
    {
        var taken = await scope.ReadSubjectsAsync(
            accountIds, ids => scope.Context.Accounts.Where(account => ids.Contains(account.Id)).OrderBy(account => account.Id), cancellationToken);
        return taken.ToDictionary(account => account.Id, StringComparer.Ordinal);
    }

    /// <summary>The entries that earlier requests with the same keys made, by account and key.</summary>
    public static async Task<Dictionary<(string AccountId, string Key), Entry>> EntriesByKeyAsync(
        TiebreakDb db, EntryKind kind, IEnumerable<(string AccountId, Identity Identity)> requests, CancellationToken cancellationToken)
    {
        var keyed = requests.Where(request => request.Identity.Key is not null).ToList();
        if (keyed.Count == 0)
        {
            return [];
        }

        var ids = keyed.Select(request => request.AccountId).Distinct(StringComparer.Ordinal).ToArray();
        var keys = keyed.Select(request => request.Identity.Key).Distinct(StringComparer.Ordinal).ToArray();
        return await db.Entries.AsNoTracking()
            .Where(entry => ids.Contains(entry.AccountId) && entry.Kind == kind && entry.IdempotencyKey != null && keys.Contains(entry.IdempotencyKey))
            .ToDictionaryAsync(entry => (entry.AccountId, entry.IdempotencyKey!), cancellationToken);
    }
}
