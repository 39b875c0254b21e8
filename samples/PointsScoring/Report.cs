using Microsoft.EntityFrameworkCore;
using Tiebreak.WorkQueues;

namespace PointsScoring;

/// <summary>Recounts everything. Ends with 0 when every request is scored exactly once, in order, and every balance adds up.</summary>
internal static class Report
{
    public static async Task<int> RunAsync(Scoring scoring, CancellationToken ct)
    {
        await using var db = scoring.CreateDbContext();
        await using var transaction = await db.Database.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, ct);
        var queue = await db.WorkQueue(Scoring.Queue).CountAsync(ct);
        var requests = await db.Requests.AsNoTracking().ToListAsync(ct);
        var entries = await db.Entries.AsNoTracking().OrderBy(entry => entry.AccountId).ThenBy(entry => entry.Number).ToListAsync(ct);
        var accounts = await db.Accounts.AsNoTracking().ToListAsync(ct);

        var scored = entries.GroupBy(entry => entry.RequestId).ToDictionary(group => group.Key, group => group.Count());
        var waiting = queue.Ready + queue.Delayed + queue.Running + queue.Dead;
        var unscored = requests.Count(request => !scored.ContainsKey(request.Id));
        var lost = unscored - waiting;
        var doubled = scored.Values.Count(times => times > 1);
        var disordered = entries.GroupBy(entry => entry.AccountId).Count(line => !line.Select(entry => entry.RequestNumber).SequenceEqual(line.Select(entry => entry.RequestNumber).Order()));
        var drifted = accounts.Count(account => account.Balance != entries.Where(entry => entry.AccountId == account.Id).Sum(entry => (long)entry.Points));

        Console.WriteLine($"requests {requests.Count}, scored {scored.Count}, waiting {queue.Ready + queue.Delayed}, running {queue.Running}, dead {queue.Dead}");
        Console.WriteLine($"lost {lost}, doubled {doubled}, accounts out of order {disordered}, accounts that do not add up {drifted}");
        return waiting == 0 && lost == 0 && doubled == 0 && disordered == 0 && drifted == 0 ? 0 : 1;
    }
}
