using System.Diagnostics;
using Npgsql;
using Tiebreak.Testing;

namespace Tiebreak.Samples.Tests.PointsScoring;

/// <summary>Several worker processes, some of them killed amid the work, while requests keep coming in.</summary>
public sealed class KilledWorkersTests(PostgresCluster cluster)
{
    private const int Seed = 1;
    private const int Workers = 3;
    private const int Kills = 4;
    private const int Requests = 200;
    private static readonly string[] WorkArguments = ["work", "--lease-ms", "2000"];

    [Fact]
    public async Task Kill_9_of_any_worker_loses_and_doubles_nothing()
    {
        // Seeded, so that the victims and their moments are the same in each run; how the processes interleave is not.
        var random = new Random(Seed);
        var database = await cluster.CreateDatabaseAsync("points");
        await using (var setup = SampleProcess.Start(database, "setup"))
        {
            Assert.Equal(0, await setup.UntilEndAsync());
        }

        await using var source = NpgsqlDataSource.Create(database);
        var workers = Enumerable.Range(0, Workers).Select(_ => SampleProcess.Start(database, WorkArguments)).ToList();
        await using var one = SampleProcess.Start(database, "enqueue", "--count", $"{Requests / 2}", "--accounts", "8");
        await using var other = SampleProcess.Start(database, "enqueue", "--count", $"{Requests / 2}", "--accounts", "8");
        var killedAmidWork = 0;
        for (var kill = 1; kill <= Kills; kill++)
        {
            // A worker says that it scores before its commit, so one that has just said so is often killed amid one.
            var victim = random.Next(Workers);
            var more = workers[victim].Count("scoring") + 1 + random.Next(15);
            await UntilAsync($"{more} scorings of a worker", () => Task.FromResult(workers[victim].Count("scoring") >= more || one.Count("enqueued") + other.Count("enqueued") >= Requests));
            workers[victim].Kill();
            await workers[victim].UntilEndAsync();
            killedAmidWork += await CountAsync(source, "SELECT count(*) FROM jobs WHERE state = 'running'") > 0 ? 1 : 0;
            await workers[victim].DisposeAsync();
            workers[victim] = SampleProcess.Start(database, WorkArguments);
        }

        Assert.True(await one.UntilEndAsync() == 0 && await other.UntilEndAsync() == 0, one.Output + other.Output);
        await UntilAsync("an empty queue", async () => await CountAsync(source, "SELECT count(*) FROM jobs") == 0);
        foreach (var worker in workers)
        {
            await worker.DisposeAsync();
        }

        await using var report = SampleProcess.Start(database, "report");
        Assert.True(await report.UntilEndAsync() == 0, report.Output);
        Assert.Contains($"requests {Requests}, scored {Requests}, waiting 0, running 0, dead 0", report.Output, StringComparison.Ordinal);
        Assert.True(killedAmidWork > 0, "No worker was killed while a job ran: the test shows nothing.");
    }

    [Fact]
    public async Task The_report_finds_what_is_wrong()
    {
        (string Damage, string Found)[] damages =
        [
            ("""UPDATE "Accounts" SET "Balance" = "Balance" + 1 WHERE "Id" = 'account-0'""", "accounts that do not add up 1"),
            ("""UPDATE "Entries" SET "RequestNumber" = 1000 WHERE "Number" = 1 AND "AccountId" = 'account-0'""", "accounts out of order 1"),
            ("""INSERT INTO "Entries" SELECT "AccountId", 1000, "RequestId", "RequestNumber", 0 FROM "Entries" WHERE "Number" = 3 AND "AccountId" = 'account-1'""", "doubled 1"),
            ("""DELETE FROM "Entries" WHERE "Number" = 2 AND "AccountId" = 'account-0'""", "lost 1"),
        ];
        var database = await cluster.CreateDatabaseAsync("points");
        await using (var setup = SampleProcess.Start(database, "setup"))
        {
            Assert.Equal(0, await setup.UntilEndAsync());
        }

        await using var source = NpgsqlDataSource.Create(database);
        await using (SampleProcess.Start(database, WorkArguments))
        await using (var enqueue = SampleProcess.Start(database, "enqueue", "--count", "6", "--accounts", "2"))
        {
            Assert.Equal(0, await enqueue.UntilEndAsync());
            await UntilAsync("an empty queue", async () => await CountAsync(source, "SELECT count(*) FROM jobs") == 0);
        }

        await using (var right = SampleProcess.Start(database, "report"))
        {
            Assert.Equal(0, await right.UntilEndAsync());
        }

        foreach (var (damage, found) in damages)
        {
            await using var command = source.CreateCommand(damage);
            Assert.Equal(1, await command.ExecuteNonQueryAsync());
            await using var wrong = SampleProcess.Start(database, "report");
            Assert.Equal(1, await wrong.UntilEndAsync());
            Assert.Contains(found, wrong.Output, StringComparison.Ordinal);
        }
    }

    private static async Task<long> CountAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static async Task UntilAsync(string what, Func<Task<bool>> condition)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromMinutes(2), "Waited 2 minutes in vain for: " + what);
            await Task.Delay(20);
        }
    }
}
