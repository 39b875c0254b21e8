using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Tiebreak.LocalPostgres;
using Tiebreak.WorkQueues;

namespace PointsScoring;

/// <summary>Everything at once on a private PostgreSQL: three workers, one of them killed amid the work.</summary>
internal static class Demo
{
    private const int Workers = 3;

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        await using var server = await LocalPostgresServer.StartAsync(new LocalPostgresOptions(), cancellationToken: ct);
        await server.DropDatabaseAsync("points_demo", ct);
        var connection = await server.CreateDatabaseAsync("points_demo", ct);
        var scoring = new Scoring(connection);
        await Setup.RunAsync(scoring, ct);

        var workers = Enumerable.Range(0, Workers).Select(_ => StartWorker(connection)).ToList();
        try
        {
            var enqueuing = Enqueue.RunAsync(scoring, arguments.Number("count", 600), 20, ct);
            await UntilAsync(scoring, 100, ct);
            workers[0].Kill();
            Console.WriteLine($"killed worker {workers[0].Id}");
            await enqueuing;
            await UntilEmptyAsync(scoring, ct);
            return await Report.RunAsync(scoring, ct);
        }
        finally
        {
            foreach (var worker in workers)
            {
                worker.Kill();
                await worker.WaitForExitAsync(CancellationToken.None);
                worker.Dispose();
            }
        }
    }

    private static Process StartWorker(string connection)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, Environment.GetCommandLineArgs()[0].EndsWith(".dll", StringComparison.Ordinal) && Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
            ? [Environment.GetCommandLineArgs()[0], "work", "--lease-ms", "2000"]
            : ["work", "--lease-ms", "2000"]);
        start.Environment[Scoring.Variable] = connection;
        return Process.Start(start)!;
    }

    private static async Task UntilAsync(Scoring scoring, int entries, CancellationToken ct)
    {
        await using var db = scoring.CreateDbContext();
        while (await db.Entries.CountAsync(ct) < entries)
        {
            await Task.Delay(20, ct);
        }
    }

    private static async Task UntilEmptyAsync(Scoring scoring, CancellationToken ct)
    {
        await using var db = scoring.CreateDbContext();
        while (await db.WorkQueue(Scoring.Queue).Jobs.AnyAsync(ct))
        {
            await Task.Delay(100, ct);
        }
    }
}
