using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Tiebreak.WorkQueues;

namespace Tiebreak.Tests.WorkQueues;

public sealed class OrderTests(LedgerDatabase database) : IClassFixture<LedgerDatabase>
{
    [Fact]
    public async Task A_thousand_jobs_of_20_keys_run_once_each_and_in_order_per_key_under_8_workers()
    {
        const int Keys = 20;
        const int PerKey = 50;
        var queue = database.NewQueue();
        var busy = new ConcurrentDictionary<string, int>();
        var overlaps = 0;
        var workers = Enumerable.Range(0, 8).Select(_ => RunningWorker.Start(database.Contexts, queue, handler: async (db, job, ct) =>
        {
            Interlocked.Add(ref overlaps, busy.AddOrUpdate(job.Key!, 1, (_, n) => n + 1) > 1 ? 1 : 0);
            await RunningWorker.WriteAsync(db, job, ct);
            busy.AddOrUpdate(job.Key!, 0, (_, n) => n - 1);
        })).ToList();

        await Task.WhenAll(Enumerable.Range(0, Keys).Select(key => Task.Run(async () =>
        {
            for (var number = 0; number < PerKey; number += 5)
            {
                await database.EnqueueAsync(queue, "key-" + key, Enumerable.Range(number, 5));
            }
        })));
        await database.UntilDoneAsync(queue, Keys * PerKey);
        foreach (var worker in workers)
        {
            await worker.DisposeAsync();
        }

        var effects = await database.EffectsAsync(queue);
        Assert.Equal(Keys * PerKey, effects.Count);
        Assert.Equal(Keys * PerKey, effects.DistinctBy(effect => effect.JobId).Count());
        Assert.Equal(0, overlaps);
        Assert.All(effects.GroupBy(effect => effect.Key), line => Assert.Equal(Enumerable.Range(0, PerKey), line.Select(effect => effect.Number)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Jobs_of_one_save_run_in_the_order_of_the_calls(bool async)
    {
        var queue = database.NewQueue();
        await using (var context = database.Open())
        {
            foreach (var number in Enumerable.Range(0, 200))
            {
                context.Enqueue(queue, new Note(number), "one");
            }

            if (async)
            {
                await context.SaveChangesAsync();
            }
            else
            {
                context.SaveChanges();
            }
        }

        await using var worker = RunningWorker.Start(database.Contexts, queue);
        await database.UntilDoneAsync(queue, 200);

        Assert.Equal(Enumerable.Range(0, 200), (await database.EffectsAsync(queue)).Select(effect => effect.Number));
    }

    [Fact]
    public async Task A_job_that_becomes_visible_late_does_not_run_beside_a_later_one_of_its_key()
    {
        var queue = database.NewQueue();
        await using var slow = database.Open();
        await using var transaction = await slow.Database.BeginTransactionAsync();
        slow.Enqueue(queue, new Note(1), "one");
        await slow.SaveChangesAsync();
        await database.EnqueueAsync(queue, "one", 2, 3);
        var claims = new Claims<LedgerContext>(new WorkerCommands<LedgerContext>(database.Contexts), queue, TimeSpan.FromMinutes(1));
        var second = Assert.Single(await claims.TakeAsync(10));

        await transaction.CommitAsync();

        Assert.Empty(await claims.TakeAsync(10));
        await CompleteAsync(second);
        var first = Assert.Single(await claims.TakeAsync(10));
        Assert.Equal(1, NumberOf(first));
        await CompleteAsync(first);
        Assert.Equal(3, NumberOf(Assert.Single(await claims.TakeAsync(10))));
    }

    [Fact]
    public async Task Of_two_claims_that_each_see_another_head_of_one_key_the_second_takes_nothing()
    {
        var queue = database.NewQueue();
        await using var slow = database.Open();
        await using var slowInsert = await slow.Database.BeginTransactionAsync();
        slow.Enqueue(queue, new Note(1), "one");
        await slow.SaveChangesAsync();
        await database.EnqueueAsync(queue, "one", 2);

        // The first claim sees the second job alone, and has not committed when the other one looks.
        await using var claimer = await database.Source.OpenConnectionAsync();
        await using var claim = await claimer.BeginTransactionAsync();
        await using var take = claimer.CreateCommand();
        take.CommandText = $"UPDATE {LedgerDatabase.Table} SET state = 'running', claim_token = gen_random_uuid(), claimed_until = now() + interval '1 hour' WHERE queue = '{queue}'";
        Assert.Equal(1, await take.ExecuteNonQueryAsync());
        await slowInsert.CommitAsync();
        var other = Task.Run(() => new Claims<LedgerContext>(new WorkerCommands<LedgerContext>(database.Contexts), queue, TimeSpan.FromMinutes(1)).TakeAsync(10));
        await LedgerDatabase.UntilAsync("the other claim behind the first", async () => await database.ScalarAsync(
            string.Create(CultureInfo.InvariantCulture, $"SELECT count(*) FROM pg_stat_activity WHERE {claimer.ProcessID} = ANY (pg_blocking_pids(pid))")) is 1L);
        await claim.CommitAsync();

        Assert.Empty(await other);
        Assert.Equal(1, (await database.CountAsync(queue)).Running);
    }

    [Fact]
    public async Task A_long_line_of_one_key_does_not_keep_the_others_waiting()
    {
        var queue = database.NewQueue();
        await database.EnqueueAsync(queue, "long", Enumerable.Range(0, 500));
        await database.EnqueueAsync(queue, "short", 500);
        await database.EnqueueAsync(queue, null, 501);
        var claims = new Claims<LedgerContext>(new WorkerCommands<LedgerContext>(database.Contexts), queue, TimeSpan.FromMinutes(1));

        Assert.Equal([0, 500, 501], (await claims.TakeAsync(10)).Select(NumberOf).Order());
        Assert.Empty(await claims.TakeAsync(10));
    }

    [Fact]
    public async Task Each_key_gets_its_turn_though_one_always_has_work()
    {
        var queue = database.NewQueue();
        foreach (var key in new[] { "a", "b", "c" })
        {
            await database.EnqueueAsync(queue, key, 1, 2, 3);
        }

        await database.EnqueueAsync(queue, null, 1, 2, 3);
        var claims = new Claims<LedgerContext>(new WorkerCommands<LedgerContext>(database.Contexts), queue, TimeSpan.FromMinutes(1));
        var turns = new List<string?>();
        for (var i = 0; i < 12; i++)
        {
            var job = Assert.Single(await claims.TakeAsync(1));
            turns.Add(job.Key);
            await CompleteAsync(job);
        }

        Assert.Equal(4, turns.Take(6).Distinct().Count());
        Assert.All(turns.GroupBy(key => key), turn => Assert.Equal(3, turn.Count()));
    }

    [Fact]
    public async Task More_keys_than_one_statement_visits_are_all_reached()
    {
        var queue = database.NewQueue();
        await database.ExecuteAsync($$"""
            INSERT INTO {{LedgerDatabase.Table}} (id, queue, key, payload, state, attempts, in_line, run_after)
            SELECT gen_random_uuid(), '{{queue}}', 'key-' || n, '{"Number": 1}', 'ready', 0, true, CASE WHEN n % 7 = 0 THEN now() ELSE now() + interval '1 day' END
            FROM generate_series(1, 3500) AS n
            """);
        var claims = new Claims<LedgerContext>(new WorkerCommands<LedgerContext>(database.Contexts), queue, TimeSpan.FromMinutes(1));

        Assert.Equal(300, (await claims.TakeAsync(300)).Count);
        Assert.Equal(200, (await claims.TakeAsync(1000)).Count);
        Assert.Empty(await claims.TakeAsync(1000));
    }

    private async Task CompleteAsync(ClaimedJob job)
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        var write = new CompletingWrite(context, job);
        write.Prepare();
        await write.SendAsync();
    }

    private static int NumberOf(ClaimedJob job) => System.Text.Json.JsonSerializer.Deserialize<Note>(job.Payload)!.Number;
}
