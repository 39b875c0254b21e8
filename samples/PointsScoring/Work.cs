using Microsoft.EntityFrameworkCore;
using Tiebreak.RowLocks;
using Tiebreak.Transactions;
using Tiebreak.WorkQueues;

namespace PointsScoring;

/// <summary>Scores requests until it is stopped. Several of these may run at once; any may be killed.</summary>
internal static class Work
{
    public static async Task<int> RunAsync(Scoring scoring, int leaseMs, CancellationToken stopping)
    {
        var options = new QueueWorkerOptions
        {
            Lease = TimeSpan.FromMilliseconds(leaseMs),
            Transaction = AtomicOptions.Default with { LockWait = TimeSpan.FromSeconds(30) },
        };
        var worker = new QueueWorker<ScoringContext, ScoreRequest>(scoring, Scoring.Queue, ScoreAsync, options);
        Console.WriteLine("working");
        await worker.RunAsync(stopping);
        Console.WriteLine("drained");
        return 0;
    }

    private static async Task ScoreAsync(ScoringContext db, Job<ScoreRequest> job, CancellationToken ct)
    {
        var request = job.Payload;

        // The queue keeps other jobs of this account away; the lock keeps away those who take in its requests.
        var account = await db.Accounts.Where(a => a.Id == request.AccountId).ForNoKeyUpdate().SingleAsync(ct);

        // Every tenth entry is worth double: a rule that depends on the order.
        var number = account.Entries + 1;
        var points = number % 10 == 0 ? request.Points * 2 : request.Points;
        db.Entries.Add(new Entry { AccountId = account.Id, Number = number, RequestId = request.RequestId, RequestNumber = request.Number, Points = points });
        account.Entries = number;
        account.Balance += points;
        await db.SaveChangesAsync(ct);
        Console.WriteLine($"scoring {job.Id} attempt {job.Attempt}");
    }
}
