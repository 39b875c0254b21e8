using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Tiebreak.Operations;
using Tiebreak.Tests.Transactions;
using Tiebreak.Transactions;

namespace Tiebreak.Tests.Operations;

/// <summary>What every guard promises alike, whatever it keeps others out with.</summary>
public abstract class GuardSuite(StockDatabase database)
{
    internal StockDatabase Database => database;

    [Fact]
    public async Task Of_forty_who_ask_for_twenty_five_at_once_twenty_five_get_one()
    {
        var id = await database.NewStockAsync(25);
        await using var guard = Begin();
        var operation = new TakeOne();

        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(() => guard.RunAsync(operation, new TakeOne.Request(id, $"forty-{id}-{i}")))));

        Assert.Equal(25, answers.Count(answer => answer == Taken.Yes));
        Assert.Equal(15, answers.Count(answer => answer == Taken.SoldOut));
        Assert.Equal(0, await database.QuantityAsync(id));
        Assert.Equal(25, await HoldingsOfAsync(id));
    }

    [Fact]
    public async Task Searches_behind_the_subjects_and_a_write_with_COMMIT_are_as_right_as_those_apart()
    {
        var id = await database.NewStockAsync(15);
        await using var guard = Begin();
        var operation = new TakeInTwo();

        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => Task.Run(() => guard.RunAsync(operation, new TakeOne.Request(id, $"in-two-{id}-{i}")))));

        Assert.Equal(15, answers.Count(answer => answer == Taken.Yes));
        Assert.Equal(Taken.HasOneAlready, await guard.RunAsync(operation, new TakeOne.Request(await database.NewStockAsync(1), $"in-two-{id}-{Array.IndexOf(answers, Taken.Yes)}")));
        Assert.Equal((0, 15), (await database.QuantityAsync(id), await HoldingsOfAsync(id)));
    }

    [Fact]
    public async Task The_time_of_a_decision_is_the_databases()
    {
        var id = await database.NewStockAsync(1);
        await using var guard = Begin(contexts: database.ClockedContexts);
        await database.SetClockAsync(TimeSpan.FromDays(1));
        var operation = new TakeOne();

        await guard.RunAsync(operation, new TakeOne.Request(id, $"time-{id}"));

        Assert.InRange(operation.DecidedAt[^1] - TimeProvider.System.GetUtcNow(), TimeSpan.FromHours(23), TimeSpan.FromDays(1));
    }

    [Fact]
    public async Task Rows_that_hang_on_a_subject_are_counted_by_one_at_a_time()
    {
        var id = await database.NewStockAsync(3);
        await using var guard = Begin();
        var operation = new FillUp();

        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => Task.Run(() => guard.RunAsync(operation, new FillUp.Request(id, $"fill-{id}-{i}")))));

        Assert.Equal(3, answers.Count(answer => answer));
        Assert.Equal(3, await HoldingsOfAsync(id));
    }

    [Fact]
    public async Task Requests_of_the_same_two_keys_in_opposite_orders_are_all_answered()
    {
        var (one, other) = (await database.NewStockAsync(50), await database.NewStockAsync(50));
        await using var guard = Begin();
        var operation = new MoveOne();

        var moves = Enumerable.Range(0, 21).Select(i => Task.Run(() => guard.RunAsync(operation, i % 3 == 0 ? new MoveOne.Request(other, one) : new MoveOne.Request(one, other))));

        Assert.All(await Task.WhenAll(moves), Assert.True);
        Assert.Equal((43, 57), (await database.QuantityAsync(one), await database.QuantityAsync(other)));
    }

    [Fact]
    public async Task One_user_on_two_stocks_gets_one_and_is_told_why_not_the_other()
    {
        var (one, other) = (await database.NewStockAsync(10), await database.NewStockAsync(10));
        await using var guard = Begin();
        var operation = new TakeOne();

        var answers = await Task.WhenAll(
            Task.Run(() => guard.RunAsync(operation, new TakeOne.Request(one, $"both-{one}"))),
            Task.Run(() => guard.RunAsync(operation, new TakeOne.Request(other, $"both-{one}"))));

        Assert.Equal([Taken.Yes, Taken.HasOneAlready], answers.Order());
        Assert.Equal(19, await database.QuantityAsync(one) + await database.QuantityAsync(other));
    }

    [Fact]
    public async Task Subject_that_is_not_there_is_the_operations_to_answer_and_the_guard_goes_on()
    {
        var id = await database.NewStockAsync(1);
        await using var guard = Begin();

        Assert.False(await guard.RunAsync(new MoveOne(), new MoveOne.Request(id, -1)));
        await Assert.ThrowsAsync<KeyNotFoundException>(() => guard.RunAsync(new TakeOne(), new TakeOne.Request(-1, $"missing-{id}")));

        Assert.Equal(Taken.Yes, await guard.RunAsync(new TakeOne(), new TakeOne.Request(id, $"there-{id}")));
    }

    [Fact]
    public async Task Request_that_is_withdrawn_before_its_decision_changes_nothing()
    {
        var id = await database.NewStockAsync(10);
        using var withdraw = new CancellationTokenSource();
        var operation = new TakeOne { BeforeDecision = attempt => attempt == 1 ? withdraw.CancelAsync() : Task.CompletedTask };
        await using var guard = Begin();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => guard.RunAsync(operation, new TakeOne.Request(id, $"withdrawn-{id}"), withdraw.Token));

        Assert.Equal(Taken.Yes, await guard.RunAsync(operation, new TakeOne.Request(id, $"next-{id}")));
        Assert.Equal(9, await database.QuantityAsync(id));
        Assert.Equal(1, await HoldingsOfAsync(id));
    }

    [Fact]
    public async Task Request_that_is_withdrawn_from_the_start_is_never_begun()
    {
        var id = await database.NewStockAsync(10);
        var operation = new TakeOne();
        await using var guard = Begin();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => guard.RunAsync(operation, new TakeOne.Request(id, $"never-{id}"), new CancellationToken(canceled: true)));

        Assert.Equal(0, operation.Attempts);
    }

    [Fact]
    public async Task Row_that_somebody_else_holds_for_too_long_is_busy_with_the_keys_and_nothing_was_changed()
    {
        var id = await database.NewStockAsync(10);
        await using var guard = Begin(TimeSpan.FromMilliseconds(100));
        await using (var holder = await database.HoldAsync(id))
        {
            var busy = await Assert.ThrowsAsync<LockTimeoutException>(() => guard.RunAsync(new TakeOne(), new TakeOne.Request(id, $"busy-{id}")));
            Assert.Equal([$"another/{id}", $"stock/{id}"], busy.Keys);
        }

        Assert.Equal(Taken.Yes, await guard.RunAsync(new TakeOne(), new TakeOne.Request(id, $"busy-{id}")));
        Assert.Equal(9, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task Guard_that_is_disposed_finishes_what_is_under_way_and_takes_no_more()
    {
        var id = await database.NewStockAsync(10);
        var inside = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var operation = new TakeOne
        {
            BeforeDecision = _ =>
            {
                inside.TrySetResult();
                return goOn.Task.WaitAsync(TimeSpan.FromSeconds(30));
            },
        };
        var guard = Begin();
        var underWay = guard.RunAsync(operation, new TakeOne.Request(id, $"under-way-{id}"));
        await inside.Task.WaitAsync(TimeSpan.FromSeconds(30));

        var disposal = guard.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => guard.RunAsync(operation, new TakeOne.Request(id, $"late-{id}")));
        goOn.SetResult();
        await disposal;

        Assert.Equal(Taken.Yes, await underWay);
        Assert.Equal(9, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task Error_of_the_operation_comes_out_as_it_is_and_leaves_nothing_held()
    {
        var id = await database.NewStockAsync(10);
        await using var guard = Begin();
        var failing = new TakeOne { BeforeDecision = _ => throw new InvalidOperationException("The operation's own error.") };

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => guard.RunAsync(failing, new TakeOne.Request(id, $"fails-{id}")));

        Assert.Equal("The operation's own error.", error.Message);
        Assert.Equal(Taken.Yes, await guard.RunAsync(new TakeOne(), new TakeOne.Request(id, $"after-{id}")));
    }

    internal abstract IGuard<StockContext> NewGuard(IDbContextFactory<StockContext> contexts, TransactionGuardOptions options);

    internal async Task<int> HoldingsOfAsync(int id) =>
        (int)(long)(await database.ScalarAsync(string.Create(CultureInfo.InvariantCulture, $"SELECT count(*) FROM holdings WHERE stock_id = {id}")))!;

    /// <summary>Attempts enough for a guard that throws most of them away.</summary>
    private Ended Begin(TimeSpan? lockWait = null, IDbContextFactory<StockContext>? contexts = null) => new(NewGuard(contexts ?? database.Contexts, new TransactionGuardOptions
    {
        MaxConcurrency = 8,
        Transaction = AtomicOptions.Default with { LockWait = lockWait ?? TimeSpan.FromSeconds(30), MaxAttempts = 100 },
    }));

    private sealed class Ended(IGuard<StockContext> guard) : IAsyncDisposable
    {
        public Task<TResult> RunAsync<TRequest, TState, TResult>(
            IOperation<StockContext, TRequest, TState, TResult> operation, TRequest request, CancellationToken cancellationToken = default) =>
            guard.RunAsync(operation, request, cancellationToken);

        public async ValueTask DisposeAsync()
        {
            (guard as IDisposable)?.Dispose();
            if (guard is IAsyncDisposable ending)
            {
                await ending.DisposeAsync();
            }
        }
    }
}
