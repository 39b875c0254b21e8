using System.Diagnostics;
using Npgsql;
using Tiebreak.Bench.Measuring;
using Tiebreak.Bench.Reports;
using Tiebreak.WorkQueues;

namespace Tiebreak.Bench.Queue;

/// <summary>Jobs a second with a handler that does nothing, beside Hangfire on the same server; and two processes beside one.</summary>
internal static class QueueSuite
{
    private const string Hangfire = "Hangfire.PostgreSql";
    private const string One = "one process";
    private const int HandlerMs = 5;

    public static async Task RunAsync(Func<string, Task<string>> makeDatabaseAsync, BenchOptions options, SuiteReport report)
    {
        var connectionString = await makeDatabaseAsync("queue");
        var contexts = new QueueContexts(connectionString);
        await using (var context = contexts.CreateDbContext())
        {
            await context.Database.EnsureCreatedAsync();
        }

        var jobs = (int)(options.Seconds * 400);
        foreach (var workers in options.Callers ?? [4])
        {
            await AgainstHangfireAsync(contexts, new HangfireQueue(await makeDatabaseAsync("hangfire")), jobs, workers, options.Rounds, report);
        }

        await ProcessesAsync(connectionString, contexts, jobs, options.Rounds, report);
    }

    private static async Task AgainstHangfireAsync(QueueContexts contexts, HangfireQueue hangfire, int jobs, int workers, int rounds, SuiteReport report)
    {
        var counter = new CountingDown();
        var ways = new (string Name, Func<Task> Prepare, Func<Task> Run)[]
        {
            (Hangfire, () => Task.Run(() => hangfire.Enqueue(jobs)), () => hangfire.RunAsync(workers, jobs)),
            ("Tiebreak, no keys", () => QueueContext.EnqueueAsync(contexts, jobs, keys: 0), () => WorkAsync(contexts, counter, workers, jobs)),
            ("Tiebreak, 100 keys in order", () => QueueContext.EnqueueAsync(contexts, jobs, keys: 100), () => WorkAsync(contexts, counter, workers, jobs)),
        };
        report.Add(FormattableString.Invariant($"{jobs:N0} jobs that do nothing"), workers, Hangfire, await MeasureAsync(ways, jobs, rounds));
    }

    private static async Task ProcessesAsync(string connectionString, QueueContexts contexts, int jobs, int rounds, SuiteReport report)
    {
        var processes = new List<QueueProcess>();
        Func<Task> Prepare(int count) => async () =>
        {
            processes.ForEach(process => process.Dispose());
            processes.Clear();
            await QueueContext.EnqueueAsync(contexts, jobs, keys: 0);
            processes.AddRange(await Task.WhenAll(Enumerable.Range(0, count).Select(_ => QueueProcess.StartAsync(connectionString, HandlerMs))));
        };
        var ways = new (string Name, Func<Task> Prepare, Func<Task> Run)[]
        {
            (One, Prepare(1), () => InProcessesAsync(connectionString, processes)),
            ("two processes", Prepare(2), () => InProcessesAsync(connectionString, processes)),
        };
        report.Add(FormattableString.Invariant($"{jobs:N0} jobs of {HandlerMs} ms"), QueueWorkerOptions.Default.MaxConcurrency, One, await MeasureAsync(ways, jobs, rounds));
        processes.ForEach(process => process.Dispose());
    }

    private static async Task<Dictionary<string, List<Sample>>> MeasureAsync((string Name, Func<Task> Prepare, Func<Task> Run)[] ways, int jobs, int rounds)
    {
        var samples = ways.ToDictionary(way => way.Name, _ => new List<Sample>(), StringComparer.Ordinal);
        for (var round = -1; round < rounds; round++)
        {
            foreach (var (name, prepare, run) in ways)
            {
                await prepare();
                var begun = Stopwatch.GetTimestamp();
                await run();
                var took = Stopwatch.GetElapsedTime(begun);
                if (round >= 0)
                {
                    samples[name].Add(Sample.Of(jobs, took, [took.TotalMilliseconds / jobs]));
                }
            }
        }

        return samples;
    }

    private static async Task WorkAsync(QueueContexts contexts, CountingDown counter, int workers, int jobs)
    {
        var done = counter.UntilAsync(jobs);
        using var stop = new CancellationTokenSource();
        var worker = new QueueWorker<QueueContext, Nothing>(
            contexts,
            QueueContext.Queue,
            (_, job, _) =>
            {
                counter.Note(job.Payload.Number);
                return Task.CompletedTask;
            },
            QueueWorkerOptions.Default with { MaxConcurrency = workers });
        var running = worker.RunAsync(stop.Token);
        await done;
        await stop.CancelAsync();
        await running;
    }

    private static async Task InProcessesAsync(string connectionString, List<QueueProcess> processes)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        processes.ForEach(process => process.Go());
        while (await CountAsync(source) > 0)
        {
            await Task.Delay(10);
        }
    }

    private static async Task<long> CountAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand("SELECT count(*) FROM (SELECT FROM jobs LIMIT 1) AS left_over");
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
