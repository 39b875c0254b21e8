using System.Collections.Concurrent;
using System.Data;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.RowLocks;
using Tiebreak.Updates;

namespace Tiebreak.Tests.Updates;

public sealed class SeizeTests(ShopDatabase database) : IClassFixture<ShopDatabase>
{
    [Fact]
    public async Task Outside_a_transaction_it_is_refused_before_anything_is_sent()
    {
        var sent = new ConcurrentQueue<string>();
        await using var context = database.Open(sent);
        await Assert.ThrowsAsync<RowLockOutsideTransactionException>(() => context.Plains.SeizeAsync());
        Assert.Empty(sent);
    }

    [Fact]
    public async Task Who_comes_second_decides_on_what_the_first_committed()
    {
        var id = (await database.AddAsync(new Plain { Id = database.NewId() })).Id;
        await Task.WhenAll(Enumerable.Range(0, 30).Select(async _ =>
        {
            await using var context = database.Open();
            var early = await context.Plains.SingleAsync(p => p.Id == id);
            await using var transaction = await context.Database.BeginTransactionAsync();
            var row = Assert.Single(await context.Plains.Where(p => p.Id == id).SeizeAsync());
            Assert.Same(early, row);
            row.Value++;
            await context.SaveChangesAsync();
            await transaction.CommitAsync();
        }));

        await using var reader = database.Open();
        Assert.Equal(30, (await reader.Plains.SingleAsync(p => p.Id == id)).Value);
    }

    [Fact]
    public async Task A_repeatable_read_that_meets_a_seized_row_later_fails_where_a_lock_would_let_it_pass()
    {
        var id = (await database.AddAsync(new Plain { Id = database.NewId() })).Id;
        await using var old = database.Open();
        await using var snapshot = await old.Database.BeginTransactionAsync(IsolationLevel.RepeatableRead);
        await old.Plains.SingleAsync(p => p.Id == id);

        await using (var context = database.Open())
        await using (var transaction = await context.Database.BeginTransactionAsync())
        {
            await context.Plains.Where(p => p.Id == id).SeizeAsync();
            await transaction.CommitAsync();
        }

        var error = await Assert.ThrowsAnyAsync<Exception>(() => old.Plains.Where(p => p.Id == id).ForUpdate().SingleAsync());
        Assert.Equal(PostgresErrorCodes.SerializationFailure, (error as PostgresException ?? (PostgresException)error.InnerException!).SqlState);
    }

    [Fact]
    public async Task An_entity_of_keys_alone_is_refused()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        await Assert.ThrowsAsync<UpdateNotPossibleException>(() => context.Set<KeyOnly>().SeizeAsync());
    }
}
