using Microsoft.EntityFrameworkCore;
using Tiebreak.Bulk;
using Tiebreak.Operations;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Points;

/// <summary>The rows that more than one change of points reads.</summary>
internal static class AccountRows
{
    private static readonly Subject<Account, string> Accounts = new(account => account.Id, Keys.Account) { Tracked = false, DecidedAt = account => account.DecidedAt ?? account.CreatedAt };

    /// <summary>
    /// The accounts, taken under the guard in the order of their ids, which is the order of every change: two transfers
    /// in opposite directions cannot wait for each other.
    /// </summary>
    public static Task<Dictionary<string, Account>> SubjectsAsync(OperationScope<SystemDb> scope, IEnumerable<string> accountIds, CancellationToken cancellationToken) =>
        SubjectsAsync(scope, accountIds, related: null, cancellationToken);

    /// <summary>The same, with what is read behind them.</summary>
    public static Task<Dictionary<string, Account>> SubjectsAsync(
        OperationScope<SystemDb> scope, IEnumerable<string> accountIds, BulkBatch? related, CancellationToken cancellationToken) =>
        scope.ReadSubjectsAsync(Accounts, accountIds, related, cancellationToken);

    /// <summary>The entries that earlier requests with the same keys made.</summary>
    public static BulkRows<Entry> FindByKey(BulkBatch related, EntryKind kind, IEnumerable<(string AccountId, Identity Identity)> requests) => related.Find(
        requests.Where(request => request.Identity.Key is not null).Select(request => new { request.AccountId, Kind = kind, IdempotencyKey = request.Identity.Key }),
        (Entry entry) => new { entry.AccountId, entry.Kind, entry.IdempotencyKey });

    public static Dictionary<(string AccountId, string Key), Entry> ByKey(BulkRows<Entry> entries) =>
        entries.Found.ToDictionary(entry => (entry.AccountId, entry.IdempotencyKey!));

    /// <summary>The entries with such numbers.</summary>
    public static async Task<Dictionary<(string AccountId, long Sequence), Entry>> EntriesAsync(
        SystemDb db, IReadOnlyCollection<(string AccountId, long Sequence)> asked, CancellationToken cancellationToken)
    {
        if (asked.Count == 0)
        {
            return [];
        }

        var ids = asked.Select(one => one.AccountId).ToArray();
        var sequences = asked.Select(one => one.Sequence).ToArray();
        return await db.Set<Entry>().FromSql($"SELECT entry.* FROM unnest({ids}, {sequences}) AS asked (account_id, sequence) JOIN entries AS entry USING (account_id, sequence)")
            .AsNoTracking().ToDictionaryAsync(entry => (entry.AccountId, entry.Sequence), cancellationToken);
    }
}
