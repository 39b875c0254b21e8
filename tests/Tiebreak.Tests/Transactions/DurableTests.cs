using System.Transactions;
using Microsoft.EntityFrameworkCore;
using Tiebreak.Transactions;

namespace Tiebreak.Tests.Transactions;

public sealed class DurableTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    private static readonly AtomicOptions Durable = new() { Durable = true };

    [Fact]
    public async Task A_durable_block_inside_another_is_refused_and_told_what_to_write()
    {
        var ran = false;

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => database.Contexts.AtomicAsync(
            (_, token) => SomewhereBelowAsync(token)));

        Assert.Contains("db.AtomicAsync", refusal.Message, StringComparison.Ordinal);
        Assert.False(ran);

        Task SomewhereBelowAsync(CancellationToken token) => database.Contexts.AtomicAsync(
            (_, _) =>
            {
                ran = true;
                return Task.CompletedTask;
            },
            Durable,
            token);
    }

    [Fact]
    public async Task A_durable_block_inside_a_transaction_scope_is_refused()
    {
        using var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled);

        await Assert.ThrowsAsync<InvalidOperationException>(() => database.Contexts.AtomicAsync((_, _) => Task.CompletedTask, Durable));
    }

    [Fact]
    public async Task A_durable_block_runs_alone_after_another_in_work_after_commit_and_in_a_task_that_outlives_a_block()
    {
        var id = await database.NewStockAsync(0);
        var over = new TaskCompletionSource();
        var late = Task.CompletedTask;

        await AddOneAsync();
        await database.Contexts.AtomicAsync((db, _) =>
        {
            db.AfterCommit(_ => AddOneAsync());
            late = Task.Run(async () =>
            {
                await over.Task;
                await AddOneAsync();
            }, CancellationToken.None);
            return Task.CompletedTask;
        });
        over.SetResult();
        await late;

        Assert.Equal(3, await database.QuantityAsync(id));

        Task AddOneAsync() => database.Contexts.AtomicAsync(
            (db, token) => db.Stocks.Where(s => s.Id == id).ExecuteUpdateAsync(set => set.SetProperty(s => s.Quantity, s => s.Quantity + 1), token), Durable);
    }
}
