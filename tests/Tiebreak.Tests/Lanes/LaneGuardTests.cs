using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Lanes;
using Tiebreak.Tests.Operations;
using Tiebreak.Tests.Transactions;
using Tiebreak.Transactions;

namespace Tiebreak.Tests.Lanes;

public sealed class LaneGuardTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    [Fact]
    public async Task Of_two_hundred_who_ask_for_fifty_at_once_fifty_get_one_in_few_transactions()
    {
        var id = await database.NewStockAsync(50);
        await using var lane = await HeldLane.StartAsync(database);

        var runs = Enumerable.Range(0, 200).Select(i => lane.RunAsync(id, $"many-{i}")).ToList();
        lane.LetGo();
        var answers = await Task.WhenAll(runs);

        Assert.Equal(50, answers.Count(answer => answer == Taken.Yes));
        Assert.Equal(150, answers.Count(answer => answer == Taken.SoldOut));
        Assert.All(answers[..50], answer => Assert.Equal(Taken.Yes, answer));
        Assert.Equal(0, await database.QuantityAsync(id));
        Assert.Equal(50, await HoldingsOfAsync(id));
        Assert.Equal(2, lane.Operation.Attempts);
    }

    [Fact]
    public async Task Requests_of_many_keys_are_decided_in_one_transaction()
    {
        var ids = new List<int>();
        for (var i = 0; i < 20; i++)
        {
            ids.Add(await database.NewStockAsync(1));
        }

        await using var lane = await HeldLane.StartAsync(database);
        var runs = ids.SelectMany(id => new[] { lane.RunAsync(id, $"keys-a-{id}"), lane.RunAsync(id, $"keys-b-{id}") }).ToList();
        lane.LetGo();

        Assert.Equal(20, (await Task.WhenAll(runs)).Count(answer => answer == Taken.Yes));
        Assert.Equal(2, lane.Operation.Attempts);
        foreach (var id in ids)
        {
            Assert.Equal(1, await HoldingsOfAsync(id));
        }
    }

    [Fact]
    public async Task With_one_key_a_batch_each_key_has_its_transaction()
    {
        var (one, other) = (await database.NewStockAsync(5), await database.NewStockAsync(5));
        await using var lane = await HeldLane.StartAsync(database, new LaneGuardOptions { OneKeyABatch = true });

        var runs = Enumerable.Range(0, 6).Select(i => lane.RunAsync(i % 2 == 0 ? one : other, $"one-key-{one}-{i}")).ToList();
        lane.LetGo();

        Assert.All(await Task.WhenAll(runs), answer => Assert.Equal(Taken.Yes, answer));
        Assert.Equal(3, lane.Operation.Attempts);
    }

    [Fact]
    public async Task Request_that_the_database_refuses_fails_alone()
    {
        var id = await database.NewStockAsync(1_000);
        await using var lane = await HeldLane.StartAsync(database);

        var runs = Enumerable.Range(0, 64).Select(i => lane.RunAsync(id, i == 41 ? "not a text: \0" : $"good-{id}-{i}")).ToList();
        lane.LetGo();

        await Task.WhenAny(Task.WhenAll(runs));
        Assert.Equal([41], Enumerable.Range(0, 64).Where(i => !runs[i].IsCompletedSuccessfully));
        Assert.Equal(PostgresErrorCodes.CharacterNotInRepertoire, SqlStates.Find(runs[41].Exception!.InnerException)?.SqlState);
        Assert.Equal(63, await HoldingsOfAsync(id));
        Assert.Equal(1_000 - 63, await database.QuantityAsync(id));
        Assert.InRange(lane.Operation.Attempts, 1, 2 + (2 * 6));
    }

    [Fact]
    public async Task Constraint_that_fires_for_one_fails_it_alone()
    {
        var id = await database.NewStockAsync(100);
        await database.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"INSERT INTO holdings VALUES ('has-one-{id}', 0)"));
        await using var lane = await HeldLane.StartAsync(
            database, new LaneGuardOptions { Transaction = AtomicOptions.Default with { MaxAttempts = 2 } }, ignoresHoldings: true);

        var bad = lane.RunAsync(id, $"has-one-{id}");
        var good = Enumerable.Range(0, 9).Select(i => lane.RunAsync(id, $"constraint-{id}-{i}")).ToList();
        lane.LetGo();

        Assert.All(await Task.WhenAll(good), answer => Assert.Equal(Taken.Yes, answer));
        await Assert.ThrowsAsync<DbUpdateException>(() => bad);
        Assert.Equal(9, await HoldingsOfAsync(id));
    }

    [Fact]
    public async Task Row_that_somebody_else_holds_on_to_keeps_only_its_own_callers_waiting_in_vain()
    {
        var (held, free) = (await database.NewStockAsync(5), await database.NewStockAsync(5));
        await using var holder = await database.HoldAsync(held);
        await using var lane = await HeldLane.StartAsync(
            database, new LaneGuardOptions { Transaction = AtomicOptions.Default with { LockWait = TimeSpan.FromMilliseconds(100) } });

        var stuck = lane.RunAsync(held, $"stuck-{held}");
        var passes = Enumerable.Range(0, 3).Select(i => lane.RunAsync(free, $"passes-{free}-{i}")).ToList();
        lane.LetGo();

        Assert.All(await Task.WhenAll(passes), answer => Assert.Equal(Taken.Yes, answer));
        var busy = await Assert.ThrowsAsync<LockTimeoutException>(() => stuck);
        Assert.Equal([$"another/{held}", $"stock/{held}"], busy.Keys);
    }

    [Fact]
    public async Task Cancellation_before_the_decision_withdraws_the_request()
    {
        var id = await database.NewStockAsync(5);
        await using var lane = await HeldLane.StartAsync(database);
        using var cancellation = new CancellationTokenSource();

        var withdrawn = lane.RunAsync(id, $"withdrawn-{id}", cancellation.Token);
        var other = lane.RunAsync(id, $"other-{id}");
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => withdrawn);
        lane.LetGo();

        Assert.Equal(Taken.Yes, await other);
        Assert.Equal(1, await HoldingsOfAsync(id));
    }

    [Fact]
    public async Task Cancellation_while_the_batch_waits_for_its_rows_still_withdraws_the_request()
    {
        var id = await database.NewStockAsync(5);
        await using var guard = new LaneGuard<StockContext>(database.Contexts, Patient());
        var operation = new TakeOne();
        using var cancellation = new CancellationTokenSource();
        Task<Taken> withdrawn;
        await using (var holder = await database.HoldAsync(id))
        {
            withdrawn = guard.RunAsync(operation, new TakeOne.Request(id, $"late-{id}"), cancellation.Token);
            await database.UntilWaitingBehindAsync(holder.Pid);
            await cancellation.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => withdrawn);
        }

        await guard.RunAsync(operation, new TakeOne.Request(id, $"behind-{id}"));
        Assert.Equal(1, await HoldingsOfAsync(id));
        Assert.Equal(4, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task Cancellation_after_the_decision_comes_too_late()
    {
        var id = await database.NewStockAsync(5);
        var gate = await CommitGate.CloseAsync(database, id);
        await using var guard = new LaneGuard<StockContext>(database.Contexts, Patient());
        using var cancellation = new CancellationTokenSource();

        var run = guard.RunAsync(new TakeOne(), new TakeOne.Request(id, $"too-late-{id}"), cancellation.Token);
        await database.UntilWaitingBehindAsync(gate.Pid);
        await cancellation.CancelAsync();
        Assert.False(run.IsCompleted);
        await gate.DisposeAsync();

        Assert.Equal(Taken.Yes, await run);
        Assert.Equal(1, await HoldingsOfAsync(id));
    }

    [Fact]
    public async Task Connection_that_is_lost_during_COMMIT_leaves_every_caller_of_the_batch_with_unknown()
    {
        var id = await database.NewStockAsync(10);
        await using var lane = await HeldLane.StartAsync(database, Patient());
        var gate = await CommitGate.CloseAsync(database, id);
        var runs = Enumerable.Range(0, 3).Select(i => lane.RunAsync(id, $"unknown-{id}-{i}")).ToList();
        lane.LetGo();
        await database.UntilWaitingBehindAsync(gate.Pid);
        await database.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {gate.Pid} = ANY (pg_blocking_pids(pid))"));

        foreach (var run in runs)
        {
            await Assert.ThrowsAsync<CommitOutcomeUnknownException>(() => run);
        }

        Assert.Equal(2, lane.Operation.Attempts);
        await gate.DisposeAsync();
        Assert.Equal(Taken.Yes, await lane.RunAsync(id, $"after-{id}"));
    }

    [Fact]
    public async Task Two_guards_and_plain_SQL_on_one_database_never_give_out_one_too_many()
    {
        var id = await database.NewStockAsync(60);
        await using var one = new LaneGuard<StockContext>(database.Contexts, new LaneGuardOptions { BatchLimit = 7 });
        await using var other = new LaneGuard<StockContext>(database.Contexts, new LaneGuardOptions { BatchLimit = 5 });
        using var rowLock = new Tiebreak.Operations.RowLockGuard<StockContext>(database.Contexts);
        var operation = new TakeOne();

        var guards = new Tiebreak.Operations.IGuard<StockContext>[] { one, other, rowLock };
        var runs = Enumerable.Range(0, 150).Select(i => Task.Run(() => guards[i % 3].RunAsync(operation, new TakeOne.Request(id, $"shared-{id}-{i}"))));
        var plain = Enumerable.Range(0, 10).Select(_ => database.ExecuteAsync(string.Create(
            CultureInfo.InvariantCulture, $"UPDATE stocks SET quantity = quantity - 1 WHERE id = {id} AND quantity > 0")));
        await Task.WhenAll(plain.Append(Task.WhenAll(runs)));

        Assert.Equal(0, await database.QuantityAsync(id));
        Assert.InRange(await HoldingsOfAsync(id), 50, 60);
    }

    private static LaneGuardOptions Patient() => new() { Transaction = AtomicOptions.Default with { LockWait = TimeSpan.FromSeconds(30) } };

    private async Task<int> HoldingsOfAsync(int id) =>
        (int)(long)(await database.ScalarAsync(string.Create(CultureInfo.InvariantCulture, $"SELECT count(*) FROM holdings WHERE stock_id = {id}")))!;
}
