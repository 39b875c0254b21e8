using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Tiebreak.Updates;

namespace Tiebreak.Tests.Updates;

public sealed class CounterTests(ShopDatabase database) : IClassFixture<ShopDatabase>
{
    [Fact]
    public async Task Many_at_once_take_exactly_what_is_there()
    {
        var code = await InviteAsync(i => i.UsesLeft = 5);
        var results = await Task.WhenAll(Enumerable.Range(0, 40).Select(async _ =>
        {
            await using var context = database.Open();
            return await context.Invites.Where(i => i.Code == code).TryTakeAsync(i => i.UsesLeft, 1);
        }));

        Assert.Equal([0, 1, 2, 3, 4], results.Where(result => result.Succeeded).Select(result => result.Value!.Value).Order());
        Assert.Equal(35, results.Count(result => result is { Outcome: CounterOutcome.NotEnough, Value: null }));
        Assert.Equal(0, (await ReadAsync(code)).UsesLeft);
    }

    [Fact]
    public async Task Too_little_and_no_row_are_told_apart_in_one_statement()
    {
        var code = await InviteAsync(i => i.UsesLeft = 1);
        var sent = new ConcurrentQueue<string>();
        await using var context = database.Open(sent);

        Assert.Equal(CounterOutcome.NotEnough, (await context.Invites.Where(i => i.Code == code).TryTakeAsync(i => i.UsesLeft, 2)).Outcome);
        Assert.Equal(CounterOutcome.NoSuchRow, (await context.Invites.Where(i => i.Code == "none").TryTakeAsync(i => i.UsesLeft, 1)).Outcome);
        Assert.Equal(2, sent.Count);
    }

    [Fact]
    public async Task A_floor_is_kept()
    {
        var code = await InviteAsync(i => i.UsesLeft = 5);
        await using var context = database.Open();
        var invite = context.Invites.Where(i => i.Code == code);

        Assert.Equal(3, (await invite.TryTakeAsync(i => i.UsesLeft, 2, downTo: 3)).Value);
        Assert.False((await invite.TryTakeAsync(i => i.UsesLeft, 1, downTo: 3)).Succeeded);
        Assert.Equal(-1, (await invite.TryTakeAsync(i => i.UsesLeft, 4, downTo: -1)).Value);
    }

    [Fact]
    public async Task A_limit_in_another_column_is_kept_by_many_at_once()
    {
        var code = await InviteAsync(i => i.Limit = 6);
        var results = await Task.WhenAll(Enumerable.Range(0, 30).Select(async _ =>
        {
            await using var context = database.Open();
            return await context.Invites.Where(i => i.Code == code).TryAddAsync(i => i.Used, 2, upTo: i => i.Limit!.Value);
        }));

        Assert.Equal(3, results.Count(result => result.Succeeded));
        Assert.Equal(6, (await ReadAsync(code)).Used);
    }

    [Fact]
    public async Task Null_counters_and_null_limits_refuse()
    {
        var code = await InviteAsync(_ => { });
        await using var context = database.Open();
        var invite = context.Invites.Where(i => i.Code == code);
        Assert.Equal(CounterOutcome.NotEnough, (await invite.TryTakeAsync(i => i.Points!.Value, 1, downTo: -5)).Outcome);
        Assert.Equal(CounterOutcome.NotEnough, (await invite.TryAddAsync(i => i.Used, 1, upTo: i => i.Limit!.Value)).Outcome);

        var full = await InviteAsync(i => i.Points = 10);
        Assert.Equal(7, (await context.Invites.Where(i => i.Code == full).TryTakeAsync(i => i.Points!.Value, 3)).Value);
    }

    [Fact]
    public async Task The_ends_of_the_type_are_refusals_and_no_overflow()
    {
        var code = await InviteAsync(i => (i.Used, i.Limit, i.Small, i.Points) = (int.MaxValue - 1, int.MaxValue, short.MinValue, long.MaxValue));
        await using var context = database.Open();
        var invite = context.Invites.Where(i => i.Code == code);

        Assert.True((await invite.TryAddAsync(i => i.Used, 1, upTo: i => i.Limit!.Value)).Succeeded);
        Assert.Equal(CounterOutcome.NotEnough, (await invite.TryAddAsync(i => i.Used, int.MaxValue, upTo: i => i.Limit!.Value)).Outcome);
        Assert.Equal(CounterOutcome.NotEnough, (await invite.TryTakeAsync(i => i.Small, (short)1, downTo: (short)-5)).Outcome);
        Assert.Equal(CounterOutcome.NotEnough, (await invite.TryAddAsync(i => i.Points!.Value, 1L, upTo: i => long.MaxValue)).Outcome);
        Assert.Equal((short)(short.MinValue + 5), (await invite.TryAddAsync(i => i.Small, (short)5, upTo: i => (short)0)).Value);
    }

    [Fact]
    public async Task Amounts_that_mean_nothing_are_refused()
    {
        await using var context = database.Open();
        var invite = context.Invites.Where(i => i.Code == "x");
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => invite.TryTakeAsync(i => i.UsesLeft, 0));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => invite.TryTakeAsync(i => i.UsesLeft, -1));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => invite.TryTakeAsync(i => i.UsesLeft, int.MaxValue, downTo: 1));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => invite.TryAddAsync(i => i.Used, -3, upTo: i => 5));
        await Assert.ThrowsAsync<UpdateNotPossibleException>(() => context.Invites.Where(i => i.UsesLeft > 0).TryTakeAsync(i => i.UsesLeft, 1));
        await Assert.ThrowsAsync<UpdateNotPossibleException>(() => context.Invites.TryTakeAsync(i => i.UsesLeft, 1));
    }

    private async Task<string> InviteAsync(Action<Invite> set)
    {
        var id = database.NewId();
        var invite = new Invite { Id = id, Code = $"c{id}" };
        set(invite);
        return (await database.AddAsync(invite)).Code;
    }

    private async Task<Invite> ReadAsync(string code)
    {
        await using var context = database.Open();
        return await context.Invites.SingleAsync(i => i.Code == code);
    }
}
