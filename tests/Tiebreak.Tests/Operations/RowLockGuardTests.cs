using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Operations;
using Tiebreak.Tests.Transactions;
using Tiebreak.Transactions;

namespace Tiebreak.Tests.Operations;

public sealed class RowLockGuardTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    [Fact]
    public async Task Of_forty_who_ask_for_twenty_five_at_once_twenty_five_get_one()
    {
        var id = await database.NewStockAsync(25);
        using var guard = new RowLockGuard<StockContext>(database.Contexts);
        var operation = new TakeOne();

        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(() => guard.RunAsync(operation, new TakeOne.Request(id, $"forty-{i}")))));

        Assert.Equal(25, answers.Count(answer => answer == Taken.Yes));
        Assert.Equal(15, answers.Count(answer => answer == Taken.SoldOut));
        Assert.Equal(0, await database.QuantityAsync(id));
        Assert.Equal(25, await HoldingsOfAsync(id));
    }

    [Fact]
    public async Task Without_a_guard_two_who_read_the_same_row_lose_an_update()
    {
        var id = await database.NewStockAsync(10);
        var bothHaveRead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var operation = new TakeOne
        {
            BeforeDecision = attempt =>
            {
                if (attempt == 2)
                {
                    bothHaveRead.SetResult();
                }

                return bothHaveRead.Task.WaitAsync(TimeSpan.FromSeconds(30));
            },
        };
        var guard = new UnguardedGuard<StockContext>(database.Contexts);

        var answers = await Task.WhenAll(
            guard.RunAsync(operation, new TakeOne.Request(id, "unguarded-1")),
            guard.RunAsync(operation, new TakeOne.Request(id, "unguarded-2")));

        Assert.Equal([Taken.Yes, Taken.Yes], answers);
        Assert.Equal(2, await HoldingsOfAsync(id));
        Assert.Equal(9, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task With_the_guard_the_second_reads_only_after_the_first_has_committed()
    {
        var id = await database.NewStockAsync(10);
        var firstHasRead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var operation = new TakeOne
        {
            BeforeDecision = attempt =>
            {
                firstHasRead.TrySetResult();
                return attempt == 1 ? goOn.Task.WaitAsync(TimeSpan.FromSeconds(30)) : Task.CompletedTask;
            },
        };
        using var guard = new RowLockGuard<StockContext>(database.Contexts, Patient());

        var first = guard.RunAsync(operation, new TakeOne.Request(id, "guarded-1"));
        await firstHasRead.Task.WaitAsync(TimeSpan.FromSeconds(30));
        var second = guard.RunAsync(operation, new TakeOne.Request(id, "guarded-2"));
        await UntilAStockIsWaitedForAsync(id);
        Assert.Equal(1, operation.Attempts);
        goOn.SetResult();

        Assert.Equal([Taken.Yes, Taken.Yes], await Task.WhenAll(first, second));
        Assert.Equal(8, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task One_user_on_two_stocks_gets_one_and_the_second_decision_on_fresh_rows_says_why_not_another()
    {
        var one = await database.NewStockAsync(10);
        var other = await database.NewStockAsync(10);
        var bothHaveRead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var operation = new TakeOne
        {
            BeforeDecision = attempt =>
            {
                if (attempt == 2)
                {
                    bothHaveRead.SetResult();
                }

                return bothHaveRead.Task.WaitAsync(TimeSpan.FromSeconds(30));
            },
        };
        using var guard = new RowLockGuard<StockContext>(database.Contexts);

        var answers = await Task.WhenAll(
            guard.RunAsync(operation, new TakeOne.Request(one, "twice")),
            guard.RunAsync(operation, new TakeOne.Request(other, "twice")));

        Assert.Equal([Taken.Yes, Taken.HasOneAlready], answers.Order());
        Assert.Equal(3, operation.Attempts);
        Assert.Equal(19, await database.QuantityAsync(one) + await database.QuantityAsync(other));
        Assert.Equal(1, await HoldingsOfAsync(one) + await HoldingsOfAsync(other));
    }

    [Fact]
    public async Task A_rule_that_never_sees_why_the_database_refuses_gets_the_databases_error_after_its_attempts()
    {
        var id = await database.NewStockAsync(10);
        using var guard = new RowLockGuard<StockContext>(database.Contexts, new TransactionGuardOptions { Transaction = AtomicOptions.Default with { MaxAttempts = 3 } });
        var operation = new TakeOne { IgnoresHoldings = true };
        await guard.RunAsync(operation, new TakeOne.Request(id, "blind"));

        var error = await Assert.ThrowsAsync<DbUpdateException>(() => guard.RunAsync(operation, new TakeOne.Request(id, "blind")));

        Assert.Equal(PostgresErrorCodes.UniqueViolation, SqlStates.Find(error)?.SqlState);
        Assert.Equal(1 + 3, operation.Attempts);
        Assert.Equal(9, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task A_lock_held_for_too_long_is_busy_with_the_keys_in_the_order_they_are_taken()
    {
        var id = await database.NewStockAsync(10);
        await using var holder = await database.HoldAsync(id);
        using var guard = new RowLockGuard<StockContext>(database.Contexts, Patient(TimeSpan.FromMilliseconds(100)));

        var busy = await Assert.ThrowsAsync<LockTimeoutException>(() => guard.RunAsync(new TakeOne(), new TakeOne.Request(id, "busy")));

        Assert.Equal([$"another/{id}", $"stock/{id}"], busy.Keys);
        Assert.Equal(1, busy.Attempts);
    }

    [Fact]
    public async Task The_time_is_not_to_be_had_before_the_lock_and_is_from_after_the_wait_for_it()
    {
        var id = await database.NewStockAsync(10);
        var hour = TimeSpan.FromHours(1);
        await database.SetClockAsync(TimeSpan.Zero);
        Exception? before = null;
        var operation = new TakeOne { BeforeSubjects = scope => before = Record.Exception(() => scope.Now) };
        using var guard = new RowLockGuard<StockContext>(database.ClockedContexts, Patient());
        Task<Taken> waiting;
        await using (var holder = await database.HoldAsync(id))
        {
            waiting = guard.RunAsync(operation, new TakeOne.Request(id, "time"));
            await database.UntilWaitingBehindAsync(holder.Pid);
            await database.SetClockAsync(hour);
        }

        Assert.Equal(Taken.Yes, await waiting);
        Assert.IsType<InvalidOperationException>(before);
        Assert.InRange(Assert.Single(operation.DecidedAt), TimeProvider.System.GetUtcNow() + hour - TimeSpan.FromMinutes(1), TimeProvider.System.GetUtcNow() + hour);
    }

    [Fact]
    public async Task A_lost_connection_during_COMMIT_is_not_decided_again()
    {
        var id = await database.NewStockAsync(10);
        await using var gate = await CommitGate.CloseAsync(database, id);
        using var guard = new RowLockGuard<StockContext>(database.Contexts, Patient());
        var operation = new TakeOne();

        var run = guard.RunAsync(operation, new TakeOne.Request(id, "cut"));
        await database.UntilWaitingBehindAsync(gate.Pid);
        await database.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {gate.Pid} = ANY (pg_blocking_pids(pid))"));

        await Assert.ThrowsAsync<CommitOutcomeUnknownException>(() => run);
        Assert.Equal(1, operation.Attempts);
    }

    private static TransactionGuardOptions Patient(TimeSpan? lockWait = null) =>
        new() { Transaction = AtomicOptions.Default with { LockWait = lockWait ?? TimeSpan.FromSeconds(30) } };

    private async Task<int> HoldingsOfAsync(int id) =>
        (int)(long)(await database.ScalarAsync(string.Create(CultureInfo.InvariantCulture, $"SELECT count(*) FROM holdings WHERE stock_id = {id}")))!;

    /// <summary>Comes back once somebody waits for a transaction that holds a row of the stocks.</summary>
    private Task UntilAStockIsWaitedForAsync(int id) => database.UntilAsync(string.Create(
        CultureInfo.InvariantCulture,
        $"SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%stocks%FOR NO KEY UPDATE%' AND {id} > 0"));
}
