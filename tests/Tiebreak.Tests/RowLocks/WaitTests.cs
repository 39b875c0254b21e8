using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.RowLocks;

namespace Tiebreak.Tests.RowLocks;

/// <summary>What a locked query does about rows that others hold.</summary>
public sealed class WaitTests(ConcertDatabase database) : IClassFixture<ConcertDatabase>
{
    [Theory]
    [InlineData("ForUpdate", "FOR UPDATE OF c")]
    [InlineData("ForNoKeyUpdate", "FOR NO KEY UPDATE OF c")]
    [InlineData("ForShare", "FOR SHARE OF c")]
    [InlineData("ForKeyShare", "FOR KEY SHARE OF c")]
    public async Task Each_operator_takes_each_way_to_wait(string name, string clause)
    {
        await using var context = database.Open();
        var sql = (RowLockWait wait) => (name switch
        {
            "ForUpdate" => context.Concerts.ForUpdate(wait),
            "ForNoKeyUpdate" => context.Concerts.ForNoKeyUpdate(wait),
            "ForShare" => context.Concerts.ForShare(wait),
            _ => context.Concerts.ForKeyShare(wait),
        }).ToQueryString();

        Assert.EndsWith(clause, sql(RowLockWait.Default), StringComparison.Ordinal);
        Assert.EndsWith(clause + " NOWAIT", sql(RowLockWait.None), StringComparison.Ordinal);
        Assert.EndsWith(clause + " SKIP LOCKED", sql(RowLockWait.SkipLocked), StringComparison.Ordinal);
        Assert.Contains(clause + ";" + Environment.NewLine + "MOVE", sql(RowLockWait.UpTo(TimeSpan.FromSeconds(1))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_wait_fails_at_once_on_a_held_row()
    {
        await using var holder = await HoldAsync(1);
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        Assert.Equal("55P03", await SqlStateOfAsync(context.Concerts.ForUpdate(RowLockWait.None).SingleAsync(c => c.Id == 1)));
    }

    [Fact]
    public async Task No_wait_takes_a_free_row()
    {
        await using var holder = await HoldAsync(1);
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        Assert.Equal(2, (await context.Concerts.ForUpdate(RowLockWait.None).SingleAsync(c => c.Id == 2)).Id);
        Assert.Equal([1, 2], await database.LockedAsync("concerts"));
    }

    [Fact]
    public async Task A_share_does_not_wait_for_another_share()
    {
        await using var holder = database.Open();
        await using var held = await holder.Database.BeginTransactionAsync();
        await holder.Concerts.ForShare().SingleAsync(c => c.Id == 1);
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        Assert.Equal(1, (await context.Concerts.ForShare(RowLockWait.None).SingleAsync(c => c.Id == 1)).Id);
    }

    [Fact]
    public async Task Skip_locked_leaves_out_held_rows_and_locks_the_others()
    {
        await using var holder = await HoldAsync(2);
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        var free = await context.Concerts.OrderBy(c => c.Id).ForUpdate(RowLockWait.SkipLocked).ToListAsync();

        Assert.Equal([1, 3], free.Select(c => c.Id));
        Assert.Equal([1, 2, 3], await database.LockedAsync("concerts"));
    }

    [Fact]
    public async Task Skip_locked_takes_the_next_free_row_where_the_first_is_held()
    {
        await using var holder = await HoldAsync(1);
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        Assert.Equal(2, (await context.Concerts.OrderBy(c => c.Id).ForUpdate(RowLockWait.SkipLocked).FirstAsync()).Id);
        Assert.Equal([1, 2], await database.LockedAsync("concerts"));
    }

    [Fact]
    public async Task Skip_locked_finds_nothing_where_the_only_row_is_held()
    {
        await using var holder = await HoldAsync(1);
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        Assert.Null(await context.Concerts.ForUpdate(RowLockWait.SkipLocked).SingleOrDefaultAsync(c => c.Id == 1));
    }

    [Fact]
    public async Task Workers_that_skip_share_the_rows_and_none_gets_the_same()
    {
        var taken = new ConcurrentBag<int>();
        var gate = new Barrier(3);
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            await using var context = database.Open();
            await using var transaction = await context.Database.BeginTransactionAsync();
            gate.SignalAndWait();
            taken.Add((await context.Concerts.OrderBy(c => c.Id).ForUpdate(RowLockWait.SkipLocked).FirstAsync()).Id);
            gate.SignalAndWait();
        })));

        Assert.Equal([1, 2, 3], taken.Order());
    }

    [Fact]
    public async Task Skip_locked_does_not_leave_a_row_out_because_its_parent_is_held()
    {
        await using var holder = database.Open();
        await using var held = await holder.Database.BeginTransactionAsync();
        await holder.Promoters.ForUpdate().SingleAsync();
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        Assert.Equal(3, (await context.Concerts.Where(c => c.Promoter!.Active).ForUpdate(RowLockWait.SkipLocked).ToListAsync()).Count);
        Assert.Single(await context.Contracts.ForUpdate(RowLockWait.SkipLocked).ToListAsync());
    }

    [Fact]
    public async Task Skip_locked_leaves_out_no_children_that_are_held()
    {
        await using var holder = database.Open();
        await using var held = await holder.Database.BeginTransactionAsync();
        await holder.Bookings.ForUpdate().ToListAsync();
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        var concert = await context.Concerts.Include(c => c.Bookings).AsSplitQuery().ForUpdate(RowLockWait.SkipLocked).SingleAsync(c => c.Id == 3);

        Assert.Equal(2, concert.Bookings.Count);
    }

    [Fact]
    public async Task Skip_locked_with_ExecuteUpdate_is_refused()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        var error = await Assert.ThrowsAsync<RowLockNotPossibleException>(
            () => context.Concerts.ForUpdate(RowLockWait.SkipLocked).ExecuteUpdateAsync(s => s.SetProperty(c => c.Taken, 1)));

        Assert.Contains("ExecuteUpdate", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Compiled_queries_fix_the_way_to_wait()
    {
        await using var holder = await HoldAsync(1);
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        Assert.Null(await SkippingCompiled(context, 1));
        Assert.Equal(2, (await SkippingCompiled(context, 2))!.Id);
        Assert.Equal("55P03", await SqlStateOfAsync(FailingCompiled(context, 1)));
    }

    [Fact]
    public void Ways_to_wait_are_equal_by_what_they_say()
    {
        Assert.Equal(RowLockWait.UpTo(TimeSpan.FromMilliseconds(5)), RowLockWait.UpTo(TimeSpan.FromMilliseconds(5)));
        Assert.NotEqual(RowLockWait.UpTo(TimeSpan.FromMilliseconds(5)), RowLockWait.UpTo(TimeSpan.FromMilliseconds(6)));
        Assert.Equal(default, RowLockWait.Default);
        Assert.Equal(["Default", "None", "SkipLocked", "UpTo 5 ms"], new[]
        {
            RowLockWait.Default, RowLockWait.None, RowLockWait.SkipLocked, RowLockWait.UpTo(TimeSpan.FromMilliseconds(4.2)),
        }.Select(wait => wait.ToString()));
    }

    private static readonly Func<ConcertContext, int, Task<Concert?>> SkippingCompiled =
        EF.CompileAsyncQuery((ConcertContext c, int id) => c.Concerts.ForUpdate(RowLockWait.SkipLocked).SingleOrDefault(x => x.Id == id));

    private static readonly Func<ConcertContext, int, Task<Concert>> FailingCompiled =
        EF.CompileAsyncQuery((ConcertContext c, int id) => c.Concerts.ForUpdate(RowLockWait.None).Single(x => x.Id == id));

    /// <summary>Another transaction that holds one concert until it is disposed.</summary>
    private async Task<ConcertContext> HoldAsync(int id)
    {
        var holder = database.Open();
        await holder.Database.BeginTransactionAsync();
        await holder.Concerts.ForUpdate().SingleAsync(c => c.Id == id);
        return holder;
    }

    internal static async Task<string?> SqlStateOfAsync(Task query)
    {
        Exception? error = await Assert.ThrowsAnyAsync<Exception>(() => query);
        while (error is not null and not PostgresException)
        {
            error = error.InnerException;
        }

        return (error as PostgresException)?.SqlState;
    }
}
