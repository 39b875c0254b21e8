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
            accountIds, ids => scope.Context.Accounts.AsNoTracking().Where(account => ids.Contains(account.Id)).OrderBy(account => account.Id), cancellationToken);
        return taken.ToDictionary(account => account.Id, StringComparer.Ordinal);
    }

    /// <summary>The entries that earlier requests with the same keys made, by account and key.</summary>
    public static async Task<Dictionary<(string AccountId, string Key), Entry>> EntriesByKeyAsync(
        TiebreakDb db, EntryKind kind, IEnumerable<(string AccountId, Identity Identity)> requests, CancellationToken cancellationToken)
    {
        var keyed = requests.Where(request => request.Identity.Key is not null).Select(request => (request.AccountId, Key: request.Identity.Key!)).Distinct().ToList();
        if (keyed.Count == 0)
        {
            return [];
        }

        var ids = keyed.Select(one => one.AccountId).ToArray();
        var keys = keyed.Select(one => one.Key).ToArray();
        return await db.Entries.FromSql(
            $"""
             SELECT entry.* FROM unnest({ids}, {keys}) AS asked (account_id, idempotency_key)
             JOIN entries AS entry ON entry.account_id = asked.account_id AND entry.kind = {(short)kind} AND entry.idempotency_key = asked.idempotency_key
             """).AsNoTracking().ToDictionaryAsync(entry => (entry.AccountId, entry.IdempotencyKey!), cancellationToken);
    }

    /// <summary>The entries with such numbers.</summary>
    public static async Task<Dictionary<(string AccountId, long Sequence), Entry>> EntriesAsync(
        TiebreakDb db, IReadOnlyCollection<(string AccountId, long Sequence)> asked, CancellationToken cancellationToken)
    {
        if (asked.Count == 0)
        {
            return [];
        }

        var ids = asked.Select(one => one.AccountId).ToArray();
        var sequences = asked.Select(one => one.Sequence).ToArray();
        return await db.Entries.FromSql($"SELECT entry.* FROM unnest({ids}, {sequences}) AS asked (account_id, sequence) JOIN entries AS entry USING (account_id, sequence)")
            .AsNoTracking().ToDictionaryAsync(entry => (entry.AccountId, entry.Sequence), cancellationToken);
    }
}
