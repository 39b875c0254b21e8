using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Points;

/// <summary>
/// Recounts the accounts and their progress from the entries. Each check is one statement, which sees one moment, so
/// that a server at work shows no difference that is none.
/// </summary>
internal sealed class PointsReconcile(IDbContextFactory<SystemDb> contexts) : IReconcile
{
    private static readonly TimeSpan LongestStatement = TimeSpan.FromHours(1);

    public string System => "points";

    public async IAsyncEnumerable<Drift> FindAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        db.Database.SetCommandTimeout(LongestStatement);
        await foreach (var row in Accounts(db).AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            foreach (var drift in Compare("accounts", row.AccountId,
                ("balance", Text(row.Balance), Text(row.RecountedBalance)), ("lifetime", Text(row.Lifetime), Text(row.RecountedLifetime)), ("entries", Text(row.Entries), Text(row.RecountedEntries))))
            {
                yield return drift;
            }
        }

        await foreach (var row in BalancesAfter(db).AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            yield return new Drift("entries", $"{row.AccountId}/{row.Sequence}", "balance_after", Text(row.Stored), Text(row.Recounted));
        }

        await foreach (var row in Progress(db).AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            foreach (var drift in Compare("account_progress", $"{row.AccountId}/{row.ProgramId}",
                ("last_earned_on", Text(row.LastDay), Text(row.RecountedLastDay)), ("streak_days", Text(row.Streak), Text(row.RecountedStreak)),
                ("day_points", Text(row.Day), Text(row.RecountedDay)), ("month_points", Text(row.Month), Text(row.RecountedMonth))))
            {
                yield return drift;
            }
        }
    }

    /// <summary>Entries without their account are drift too: they count as an account that says nothing.</summary>
    private static IQueryable<AccountRow> Accounts(SystemDb db) => db.Database.SqlQuery<AccountRow>(
        $"""
        SELECT * FROM (
            SELECT coalesce(a.id, e.account_id) AS "AccountId",
                coalesce(a.balance, 0) AS "Balance", coalesce(a.lifetime, 0) AS "Lifetime", coalesce(a.entries, 0) AS "Entries",
                coalesce(e.balance, 0) AS "RecountedBalance", coalesce(e.lifetime, 0) AS "RecountedLifetime", coalesce(e.entries, 0) AS "RecountedEntries"
            FROM accounts a
            FULL JOIN (
                SELECT account_id, sum(points)::bigint AS balance, coalesce(sum(points) FILTER (WHERE kind = {EntryKind.Earn}), 0)::bigint AS lifetime, count(*) AS entries
                FROM entries GROUP BY account_id) e ON e.account_id = a.id) recounted
        WHERE "Balance" <> "RecountedBalance" OR "Lifetime" <> "RecountedLifetime" OR "Entries" <> "RecountedEntries"
        """);

    /// <summary>
    /// The entries that differ from the sum up to them. One that is missing moves all behind it, and is told by its
    /// account; of those that differ in a row, the first is told.
    /// </summary>
    private static IQueryable<BalanceRow> BalancesAfter(SystemDb db) => db.Database.SqlQuery<BalanceRow>(
        $"""
        SELECT account_id AS "AccountId", sequence AS "Sequence", balance_after AS "Stored", sum AS "Recounted" FROM (
            SELECT *, lag(balance_after = sum, 1, true) OVER (PARTITION BY account_id ORDER BY sequence) AS is_first FROM (
                SELECT account_id, sequence, balance_after,
                    (sum(points) OVER history)::bigint AS sum, row_number() OVER history AS number
                FROM entries WINDOW history AS (PARTITION BY account_id ORDER BY sequence)) summed) compared
        WHERE balance_after <> sum AND is_first AND number = sequence
        """);

    private static IQueryable<ProgressRow> Progress(SystemDb db) => db.Database.SqlQuery<ProgressRow>(
        $"""
        SELECT * FROM (
            SELECT coalesce(p.account_id, e.account_id) AS "AccountId", coalesce(p.program_id, e.program_id) AS "ProgramId",
                p.last_earned_on AS "LastDay", coalesce(p.streak_days, 0)::bigint AS "Streak", coalesce(p.day_points, 0) AS "Day", coalesce(p.month_points, 0) AS "Month",
                e.last_day AS "RecountedLastDay", coalesce(e.streak, 0) AS "RecountedStreak", coalesce(e.day, 0) AS "RecountedDay", coalesce(e.month, 0) AS "RecountedMonth"
            FROM account_progress p
            FULL JOIN (
                SELECT account_id, program_id, last_day,
                    count(*) FILTER (WHERE last_day - earned_on = days_back) AS streak,
                    (sum(points) FILTER (WHERE earned_on = last_day))::bigint AS day,
                    (sum(points) FILTER (WHERE earned_on >= date_trunc('month', last_day)::date))::bigint AS month
                FROM (
                    SELECT account_id, program_id, earned_on, sum(points) AS points,
                        max(earned_on) OVER program AS last_day, row_number() OVER (program ORDER BY earned_on DESC) - 1 AS days_back
                    FROM entries WHERE program_id IS NOT NULL
                    GROUP BY account_id, program_id, earned_on
                    WINDOW program AS (PARTITION BY account_id, program_id)) days
                GROUP BY account_id, program_id, last_day) e ON e.account_id = p.account_id AND e.program_id = p.program_id) recounted
        WHERE "LastDay" IS DISTINCT FROM "RecountedLastDay" OR "Streak" <> "RecountedStreak" OR "Day" <> "RecountedDay" OR "Month" <> "RecountedMonth"
        """);

    private static IEnumerable<Drift> Compare(string table, string key, params (string Column, string Stored, string Recounted)[] columns) =>
        columns.Where(column => column.Stored != column.Recounted).Select(column => new Drift(table, key, column.Column, column.Stored, column.Recounted));

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "none";

    private sealed record AccountRow(string AccountId, long Balance, long RecountedBalance, long Lifetime, long RecountedLifetime, long Entries, long RecountedEntries);

    private sealed record BalanceRow(string AccountId, long Sequence, long Stored, long Recounted);

    private sealed record ProgressRow(
        string AccountId, string ProgramId, DateOnly? LastDay, DateOnly? RecountedLastDay, long Streak, long RecountedStreak, long Day, long RecountedDay, long Month, long RecountedMonth);
}
