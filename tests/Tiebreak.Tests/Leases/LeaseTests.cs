using Microsoft.EntityFrameworkCore;
using Tiebreak.Leases;
using Tiebreak.Transactions;

namespace Tiebreak.Tests.Leases;

public sealed class LeaseTests(LeaseDatabase database) : IClassFixture<LeaseDatabase>
{
    [Fact]
    public async Task One_holds_it_the_other_is_told_no_and_gets_it_after_the_release()
    {
        var (one, other) = (database.Store(), database.Store());
        var first = await one.TryAcquireAsync("report");
        Assert.NotNull(first);

        Assert.Null(await other.TryAcquireAsync("report"));
        await first.DisposeAsync();

        await using var second = await other.TryAcquireAsync("report");
        Assert.NotNull(second);
        Assert.Equal(first.Token + 1, second.Token);
    }

    [Fact]
    public async Task Of_many_who_try_at_once_exactly_one_gets_it_also_the_first_time_of_the_name()
    {
        var stores = Enumerable.Range(0, 5).Select(_ => new LeaseStore<LeaseContext>(LeaseDatabase.ContextsOn(database.NewSource()), LeaseDatabase.Still)).ToList();

        var leases = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Task.Run(() => stores[i % 5].TryAcquireAsync("many"))));

        Assert.Single(leases, lease => lease is not null);
    }

    [Fact]
    public async Task Who_waits_gets_it_once_it_is_released()
    {
        var holder = await database.Store().AcquireAsync("wait");
        var waiting = database.Store().AcquireAsync("wait");
        Assert.False(waiting.IsCompleted);

        await holder.DisposeAsync();

        await using var next = await waiting;
        Assert.True(next.Token > holder.Token);
    }

    [Fact]
    public async Task Who_waits_in_vain_is_told_that_it_is_busy_and_who_holds_it()
    {
        await using var holder = await database.Store(LeaseDatabase.Still with { Holder = "worker 7" }).AcquireAsync("busy");

        var busy = await Assert.ThrowsAsync<LeaseHeldException>(() => database.Store().AcquireAsync("busy", wait: TimeSpan.FromMilliseconds(50)));

        Assert.IsAssignableFrom<BusyException>(busy);
        Assert.Equal(["busy"], busy.Keys);
        Assert.Equal(["worker 7"], busy.Holders);
        Assert.True(busy.Attempts >= 2);
        Assert.True(busy.Waited >= TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public async Task A_lease_that_ran_out_goes_to_the_next_by_the_databases_clock_alone()
    {
        var time = new ManualTime();
        var first = await database.Store(LeaseDatabase.Still, time).AcquireAsync("runs out");
        Assert.Null(await database.Store().TryAcquireAsync("runs out"));

        await database.ExpireAsync("runs out");

        await using var second = await database.Store().TryAcquireAsync("runs out");
        Assert.NotNull(second);
        Assert.True(second.Token > first.Token);

        // The late release of the first is not one of the second.
        await first.DisposeAsync();
        Assert.Null(await database.Store().TryAcquireAsync("runs out"));
    }

    [Fact]
    public async Task A_short_lease_that_nobody_renews_runs_out_by_itself()
    {
        var first = await database.Store(LeaseDatabase.Still with { Duration = TimeSpan.FromMilliseconds(100) }).AcquireAsync("short");

        await using var second = await database.Store().AcquireAsync("short");

        Assert.True(first.IsLost);
        Assert.True(first.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task The_row_says_who_holds_it_until_when_and_keeps_its_token_after_the_release()
    {
        var lease = await database.Store(LeaseDatabase.Still with { Holder = "Ada" }).AcquireAsync("row");
        var held = await database.RowAsync("row");
        await lease.DisposeAsync();
        await lease.DisposeAsync();
        var released = await database.RowAsync("row");

        Assert.Equal(("row", 1, lease.Token, "Ada", lease.ExpiresAt), (held.Name, held.Slot, held.Token, held.Holder, held.ExpiresAt));
        Assert.Equal(("row", 1, "Ada"), (lease.Name, lease.Slot, lease.Holder));
        Assert.Equal((lease.Token, null), (released.Token, released.Holder));
        Assert.True(released.ExpiresAt < held.ExpiresAt);
    }

    [Fact]
    public async Task A_second_release_does_not_free_what_another_has_taken_since()
    {
        var first = await database.Store().AcquireAsync("twice");
        await first.DisposeAsync();
        await using var second = await database.Store().AcquireAsync("twice");

        await first.DisposeAsync();

        Assert.Null(await database.Store().TryAcquireAsync("twice"));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => first.RenewAsync());
    }

    [Fact]
    public async Task Tokens_go_on_above_the_old_ones_after_the_row_was_cleaned_up()
    {
        var before = await database.Store().AcquireAsync("cleaned");
        await before.DisposeAsync();
        await database.ExecuteAsync("DELETE FROM leases WHERE name = 'cleaned'");
        await database.UntilAsync($"SELECT extract(epoch FROM clock_timestamp()) * 1000 > {before.Token}");

        await using var after = await database.Store().AcquireAsync("cleaned");

        Assert.True(after.Token > before.Token, $"{after.Token} after {before.Token}");
    }

    [Fact]
    public async Task Names_that_differ_in_case_or_hold_quotes_are_names_of_their_own()
    {
        await using var one = await database.Store().TryAcquireAsync("a'b\"c; --");
        await using var other = await database.Store().TryAcquireAsync("A'b\"c; --");

        Assert.NotNull(one);
        Assert.NotNull(other);
    }

    [Fact]
    public async Task Who_waits_can_give_up_and_holds_nothing_then()
    {
        var holder = await database.Store().AcquireAsync("cancelled");
        using var cancel = new CancellationTokenSource();
        var waiting = database.Store().AcquireAsync("cancelled", cancellationToken: cancel.Token);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await holder.DisposeAsync();
        await using var next = await database.Store().TryAcquireAsync("cancelled");
        Assert.NotNull(next);
    }

    [Fact]
    public async Task What_cannot_be_a_name_or_a_number_of_permits_is_refused()
    {
        var store = database.Store();

        await Assert.ThrowsAsync<ArgumentNullException>(() => store.AcquireAsync(null!));
        await Assert.ThrowsAsync<ArgumentException>(() => store.AcquireAsync(" "));
        await Assert.ThrowsAsync<ArgumentException>(() => store.AcquireAsync(new string('x', 201)));
        await Assert.ThrowsAsync<ArgumentException>(() => store.AcquireAsync("a\0b"));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => store.AcquireAsync("x", permits: 0));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => store.TryAcquireAsync("x", permits: 1001));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => store.AcquireAsync("x", wait: TimeSpan.FromSeconds(-1)));
        await using var longest = await store.AcquireAsync(new string('\u1F60', 200));
    }

    [Fact]
    public async Task A_model_without_the_table_is_told_what_to_write()
    {
        var options = new DbContextOptionsBuilder<DbContext>().UseNpgsql(database.Source).Options;
        var store = new LeaseStore<DbContext>(new PlainContexts(options));

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => store.TryAcquireAsync("x"));

        Assert.Contains("modelBuilder.UseLeases()", error.Message, StringComparison.Ordinal);
    }

    private sealed class PlainContexts(DbContextOptions<DbContext> options) : IDbContextFactory<DbContext>
    {
        public DbContext CreateDbContext() => new(options);
    }
}
