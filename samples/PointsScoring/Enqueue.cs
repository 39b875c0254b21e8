using Microsoft.EntityFrameworkCore;
using Tiebreak.RowLocks;
using Tiebreak.Transactions;
using Tiebreak.WorkQueues;

namespace PointsScoring;

/// <summary>Takes in requests, as an API would. Several of these may run at once.</summary>
internal static class Enqueue
{
    private static readonly TimeProvider Clock = TimeProvider.System;

    public static async Task<int> RunAsync(Scoring scoring, int count, int accounts, CancellationToken ct)
    {
        for (var i = 0; i < count && !ct.IsCancellationRequested; i++)
        {
            await TakeInAsync(scoring, $"account-{i % accounts}", points: 1 + (i % 100), ct);
            Console.WriteLine($"enqueued {i + 1}");
        }

        return 0;
    }

    /// <summary>The request, its number and its job commit together.</summary>
    private static async Task TakeInAsync(Scoring scoring, string accountId, int points, CancellationToken ct)
    {
        await using (var seed = scoring.CreateDbContext())
        {
            await seed.Database.ExecuteSqlAsync(
                $"""INSERT INTO "Accounts" ("Id", "Requests", "Entries", "Balance") VALUES ({accountId}, 0, 0, 0) ON CONFLICT DO NOTHING""", ct);
        }

        await scoring.AtomicAsync(
            async (db, token) =>
            {
                // Locked first, enqueued after: so the order of the jobs is the order of the numbers.
                var account = await db.Accounts.Where(a => a.Id == accountId).ForNoKeyUpdate().SingleAsync(token);
                var request = new Request { Id = Guid.CreateVersion7(Clock.GetUtcNow()), AccountId = accountId, Number = ++account.Requests, Points = points };
                db.Requests.Add(request);
                db.Enqueue(Scoring.Queue, new ScoreRequest(request.Id, accountId, request.Number, points), key: accountId);
                await db.SaveChangesAsync(token);
            },
            AtomicOptions.Default with { LockWait = TimeSpan.FromSeconds(30) },
            ct);
    }
}
