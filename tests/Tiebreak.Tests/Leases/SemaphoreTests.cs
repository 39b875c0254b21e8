using System.Collections.Concurrent;
using Tiebreak.Leases;

namespace Tiebreak.Tests.Leases;

public sealed class SemaphoreTests(LeaseDatabase database) : IClassFixture<LeaseDatabase>
{
    [Fact]
    public async Task Of_fifty_who_want_it_no_more_than_three_ever_hold_it_and_all_get_their_turn()
    {
        const int Permits = 3;
        var stores = Enumerable.Range(0, 5)
            .Select(i => new LeaseStore<LeaseContext>(LeaseDatabase.ContextsOn(database.NewSource()), LeaseDatabase.Still with { Holder = $"process {i}" })).ToList();
        var holding = 0;
        var tokens = new ConcurrentBag<(int, long)>();
        var most = 0;

        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Task.Run(async () =>
        {
            await using var lease = await stores[i % 5].AcquireAsync("three", Permits, TimeSpan.FromMinutes(2));
            var now = Interlocked.Increment(ref holding);
            Interlocked.Exchange(ref most, Math.Max(now, Volatile.Read(ref most)));
            Assert.InRange(now, 1, Permits);
            tokens.Add((lease.Slot, lease.Token));
            await Task.Yield();
            Interlocked.Decrement(ref holding);
        })));

        Assert.Equal(50, tokens.Distinct().Count());
        Assert.InRange(most, 1, Permits);
        Assert.All(tokens, token => Assert.InRange(token.Item1, 1, Permits));
    }

    [Fact]
    public async Task Of_many_who_try_at_once_the_first_time_of_the_name_exactly_as_many_get_it_as_there_are_permits()
    {
        var stores = Enumerable.Range(0, 5).Select(_ => new LeaseStore<LeaseContext>(LeaseDatabase.ContextsOn(database.NewSource()), LeaseDatabase.Still)).ToList();
        await using var gate = await database.Store().TryAcquireAsync("warm-up", 10);

        var leases = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Task.Run(() => stores[i % 5].TryAcquireAsync("first time", 10))));

        Assert.Equal(Enumerable.Range(1, 10), leases.OfType<Lease>().Select(lease => lease.Slot).Order());
    }

    [Fact]
    public async Task The_permits_of_holders_that_died_come_back()
    {
        var dead = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => database.Store().AcquireAsync("dead", 3)));
        Assert.Null(await database.Store().TryAcquireAsync("dead", 3));

        await database.ExecuteAsync("UPDATE leases SET expires_at = clock_timestamp() WHERE name = 'dead' AND slot = 2");

        await using var next = await database.Store().AcquireAsync("dead", 3);
        Assert.Equal(2, next.Slot);
        Assert.True(next.Token > dead.Single(lease => lease.Slot == 2).Token);
        Assert.Null(await database.Store().TryAcquireAsync("dead", 3));
    }

    [Fact]
    public async Task A_released_permit_goes_to_another_and_the_others_keep_theirs()
    {
        var first = await database.Store().AcquireAsync("pass on", 2);
        await using var second = await database.Store().AcquireAsync("pass on", 2);
        Assert.Null(await database.Store().TryAcquireAsync("pass on", 2));

        await first.DisposeAsync();

        await using var third = await database.Store().TryAcquireAsync("pass on", 2);
        Assert.Equal(first.Slot, third?.Slot);
        await second.RenewAsync();
    }

    [Fact]
    public async Task With_a_greater_number_more_places_are_added_and_with_a_smaller_one_the_lowest_are_used()
    {
        await using var one = await database.Store().AcquireAsync("number", 1);
        await using var two = await database.Store().TryAcquireAsync("number", 2);
        Assert.Equal(2, two?.Slot);

        Assert.Null(await database.Store().TryAcquireAsync("number", 1));
        await one.DisposeAsync();
        await using var again = await database.Store().TryAcquireAsync("number", 1);
        Assert.Equal(1, again?.Slot);
    }

    [Fact]
    public async Task A_fence_is_of_the_own_permit_and_does_not_keep_others_from_theirs()
    {
        await using var first = await database.Store().AcquireAsync("fence", 2);
        await using var db = await database.Contexts.CreateDbContextAsync();
        await using var transaction = await db.Database.BeginTransactionAsync();
        await db.FenceAsync(first);

        await using var second = await database.Store().TryAcquireAsync("fence", 2);

        Assert.NotNull(second);
    }

    [Fact]
    public async Task Who_waits_in_vain_is_told_of_all_holders()
    {
        await using var first = await database.Store(LeaseDatabase.Still with { Holder = "Ada" }).AcquireAsync("holders", 2);
        await using var second = await database.Store(LeaseDatabase.Still with { Holder = "Grace" }).AcquireAsync("holders", 2);

        var busy = await Assert.ThrowsAsync<LeaseHeldException>(() => database.Store().AcquireAsync("holders", 2, TimeSpan.Zero));

        Assert.Equal(["Ada", "Grace"], busy.Holders);
        Assert.Equal(1, busy.Attempts);
    }
}
