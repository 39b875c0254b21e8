using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Tiebreak.Server.Storage;

namespace Tiebreak.Server.Points;

/// <summary>
/// Recounts the accounts and their progress from the entries. Each check is one statement, which sees one moment, so
/// that a server at work shows no difference that is none.
/// </summary>
internal sealed class PointsReconcile(IDbContextFactory<TiebreakDb> contexts) : IReconcile
{
    private static readonly TimeSpan LongestStatement = TimeSpan.FromHours(1);

    public string System => "points";

    public async IAsyncEnumerable<Drift> FindAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        db.Database.SetCommandTimeout(LongestStatement);
        await foreach (var row in Accounts(db).AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            foreach (var drift in Compare("accounts", row.AccountId, ("balance", row.Balance, row.RecountedBalance), ("lifetime", row.Lifetime, row.RecountedLifetime), ("entries", row.Entries, row.RecountedEntries)))
            {
                yield return drift;
            }

            if (row.NewestBalanceAfter is { } after && after != row.RecountedBalance)
            {
                yield return new Drift("entries", $"{row.AccountId}/{row.Entries}", "balance_after", Text(after), Text(row.RecountedBalance));
            }
        }

        await foreach (var row in Progress(db).AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            foreach (var drift in Compare("account_progress", $"{row.AccountId}/{row.ProgramId}", ("day_points", row.Day, row.RecountedDay), ("month_points", row.Month, row.RecountedMonth)))
            {
                yield return drift;
            }
        }
    }

    private static IQueryable<AccountRow> Accounts(TiebreakDb db) => db.Database.SqlQuery<AccountRow>(
        $"""
        SELECT a.id AS "AccountId", a.balance AS "Balance", a.lifetime AS "Lifetime", a.entries AS "Entries",
            coalesce(e.balance, 0) AS "RecountedBalance", coalesce(e.lifetime, 0) AS "RecountedLifetime", coalesce(e.entries, 0) AS "RecountedEntries",
            newest.balance_after AS "NewestBalanceAfter"
        FROM accounts a
        LEFT JOIN (
            SELECT account_id, sum(points)::bigint AS balance, coalesce(sum(points) FILTER (WHERE kind = {EntryKind.Earn}), 0)::bigint AS lifetime, count(*) AS entries
            FROM entries GROUP BY account_id) e ON e.account_id = a.id
        LEFT JOIN entries newest ON newest.account_id = a.id AND newest.sequence = a.entries
        WHERE a.balance <> coalesce(e.balance, 0) OR a.lifetime <> coalesce(e.lifetime, 0) OR a.entries <> coalesce(e.entries, 0)
            OR coalesce(e.balance, 0) <> newest.balance_after
        """);

    private static IQueryable<ProgressRow> Progress(TiebreakDb db) => db.Database.SqlQuery<ProgressRow>(
        $"""
        SELECT * FROM (
            SELECT p.account_id AS "AccountId", p.program_id AS "ProgramId", p.day_points AS "Day", p.month_points AS "Month",
                coalesce(sum(e.points) FILTER (WHERE e.earned_on = p.last_earned_on), 0)::bigint AS "RecountedDay",
                coalesce(sum(e.points), 0)::bigint AS "RecountedMonth"
            FROM account_progress p
            LEFT JOIN entries e ON e.account_id = p.account_id AND e.program_id = p.program_id AND e.earned_on >= date_trunc('month', p.last_earned_on)::date
            GROUP BY p.account_id, p.program_id) recounted
        WHERE "Day" <> "RecountedDay" OR "Month" <> "RecountedMonth"
        """);

    private static IEnumerable<Drift> Compare(string table, string key, params (string Column, long Stored, long Recounted)[] columns) =>
        columns.Where(column => column.Stored != column.Recounted).Select(column => new Drift(table, key, column.Column, Text(column.Stored), Text(column.Recounted)));

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private sealed record AccountRow(string AccountId, long Balance, long RecountedBalance, long Lifetime, long RecountedLifetime, long Entries, long RecountedEntries, long? NewestBalanceAfter);

    private sealed record ProgressRow(string AccountId, string ProgramId, long Day, long RecountedDay, long Month, long RecountedMonth);
}
