using Npgsql;
using Tiebreak.Leases;

namespace Tiebreak.Tests.Leases;

/// <summary>How a lease is kept, and how its holder learns that it is not.</summary>
public sealed class RenewalTests(LeaseDatabase database) : IClassFixture<LeaseDatabase>
{
    private static readonly LeaseOptions Renewing = new();

    [Fact]
    public async Task Lost_fires_a_margin_before_the_database_lets_others_have_the_lease()
    {
        var time = new ManualTime();
        await using var lease = await database.Store(LeaseDatabase.Still, time).AcquireAsync("margin");

        time.Forward(TimeSpan.FromSeconds(27) - TimeSpan.FromMilliseconds(1));
        Assert.False(lease.IsLost);
        Assert.False(lease.Lost.IsCancellationRequested);
        time.Forward(TimeSpan.FromMilliseconds(1));

        Assert.True(lease.Lost.IsCancellationRequested);
        Assert.Throws<LeaseLostException>(lease.ThrowIfLost);
        Assert.Null(await database.Store().TryAcquireAsync("margin"));
    }

    [Fact]
    public async Task The_time_is_counted_from_before_the_request_was_sent_and_not_from_its_answer()
    {
        var time = new ManualTime();
        await using var lease = await database.Store(LeaseDatabase.Still, time).AcquireAsync("slow answer");

        // The row is held so that the renewal is under way while 20 seconds pass.
        await using var connection = await database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var hold = new NpgsqlCommand("SELECT FROM leases WHERE name = 'slow answer' FOR UPDATE", connection, transaction);
        await hold.ExecuteNonQueryAsync();
        time.Forward(TimeSpan.FromSeconds(5));
        var renewal = lease.RenewAsync();
        await database.UntilAsync("SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");
        time.Forward(TimeSpan.FromSeconds(20));
        await transaction.CommitAsync();
        await renewal;

        time.Forward(TimeSpan.FromSeconds(6.9));
        Assert.False(lease.IsLost);
        time.Forward(TimeSpan.FromSeconds(0.1));
        Assert.True(lease.IsLost);
    }

    [Fact]
    public async Task A_lease_is_renewed_in_the_background_and_lasts_for_longer_than_its_duration()
    {
        var time = new ManualTime();
        await using var lease = await database.Store(Renewing, time).AcquireAsync("background");

        for (var round = 0; round < 5; round++)
        {
            var before = lease.ExpiresAt;
            await TimersAreSetAsync(time);
            time.Forward(TimeSpan.FromSeconds(10));
            await LeaseDatabase.UntilAsync(() => Task.FromResult(lease.ExpiresAt > before), "a renewal");
        }

        Assert.False(lease.IsLost);
        Assert.Equal(lease.ExpiresAt, (await database.RowAsync("background")).ExpiresAt);
    }

    [Fact]
    public async Task A_renewal_that_fails_is_repeated_on_another_connection()
    {
        var time = new ManualTime();
        await using var source = NpgsqlDataSource.Create(database.ConnectionString + ";Application Name=cut;Maximum Pool Size=1");
        await using var lease = await new LeaseStore<LeaseContext>(LeaseDatabase.ContextsOn(source), Renewing, time).AcquireAsync("cut");
        var before = lease.ExpiresAt;
        await database.ExecuteAsync("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'cut'");

        await TimersAreSetAsync(time);
        time.Forward(TimeSpan.FromSeconds(10));
        await LeaseDatabase.UntilAsync(
            () =>
            {
                // The pause before the repetition: a second, and it is over as soon as it has begun.
                time.Forward(TimeSpan.FromMilliseconds(100));
                return Task.FromResult(lease.ExpiresAt > before || lease.IsLost);
            },
            "a renewal after the connection was ended");

        Assert.False(lease.IsLost);
    }

    [Fact]
    public async Task A_holder_that_cannot_renew_is_told_before_others_can_have_the_lease_and_with_the_reason()
    {
        var time = new ManualTime();
        var source = NpgsqlDataSource.Create(database.ConnectionString + ";Application Name=gone");
        await using var lease = await new LeaseStore<LeaseContext>(LeaseDatabase.ContextsOn(source), Renewing, time).AcquireAsync("gone");
        await source.DisposeAsync();

        await LeaseDatabase.UntilAsync(
            () =>
            {
                time.Forward(TimeSpan.FromMilliseconds(100));
                return Task.FromResult(lease.Lost.IsCancellationRequested);
            },
            "the loss");

        Assert.IsType<ObjectDisposedException>(Assert.Throws<LeaseLostException>(lease.ThrowIfLost).InnerException);
        Assert.Null(await database.Store().TryAcquireAsync("gone"));
    }

    [Fact]
    public async Task A_holder_learns_at_its_next_renewal_that_another_has_taken_the_lease()
    {
        var time = new ManualTime();
        await using var lease = await database.Store(Renewing, time).AcquireAsync("taken");
        await database.ExpireAsync("taken");
        await using var next = await database.Store().AcquireAsync("taken");

        await TimersAreSetAsync(time);
        time.Forward(TimeSpan.FromSeconds(10));
        await LeaseDatabase.UntilAsync(() => Task.FromResult(lease.Lost.IsCancellationRequested), "the loss");

        Assert.Equal(next.Token, (await database.RowAsync("taken")).Token);
    }

    [Fact]
    public async Task An_error_in_what_hangs_on_Lost_disturbs_nobody()
    {
        var time = new ManualTime();
        await using var lease = await database.Store(LeaseDatabase.Still, time).AcquireAsync("callback");
        await using var registration = lease.Lost.Register(static () => throw new InvalidOperationException("of the application"));

        time.Forward(TimeSpan.FromSeconds(28));

        Assert.True(lease.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task A_released_lease_is_not_renewed_any_more_and_Lost_stays_silent()
    {
        var time = new ManualTime();
        var lease = await database.Store(Renewing, time).AcquireAsync("silent");
        await TimersAreSetAsync(time);

        await lease.DisposeAsync();

        Assert.Equal(0, time.TimersSet);
        time.Forward(TimeSpan.FromHours(1));
        Assert.False(lease.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task A_release_that_the_database_does_not_hear_throws_nothing()
    {
        var source = NpgsqlDataSource.Create(database.ConnectionString);
        var lease = await new LeaseStore<LeaseContext>(LeaseDatabase.ContextsOn(source), Renewing).AcquireAsync("unheard");
        await source.DisposeAsync();

        await lease.DisposeAsync();

        Assert.Null(await database.Store().TryAcquireAsync("unheard"));
    }

    [Fact]
    public void Times_that_do_not_fit_are_refused_with_their_range()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new LeaseOptions { Duration = TimeSpan.FromMilliseconds(99) });
        Assert.Throws<ArgumentOutOfRangeException>(() => new LeaseOptions { Duration = TimeSpan.FromDays(2) });
        Assert.Throws<ArgumentOutOfRangeException>(() => new LeaseOptions { RenewEvery = TimeSpan.Zero });
        Assert.Throws<ArgumentOutOfRangeException>(() => new LeaseOptions { SafetyMargin = TimeSpan.Zero });
        Assert.Throws<ArgumentOutOfRangeException>(() => new LeaseOptions { AcquireWait = TimeSpan.FromHours(2) });
        Assert.Throws<ArgumentOutOfRangeException>(() => new LeaseOptions { PollEvery = TimeSpan.Zero });
        Assert.Throws<ArgumentException>(() => new LeaseOptions { Holder = " " });
        Assert.Throws<ArgumentOutOfRangeException>(() => database.Store(new LeaseOptions { RenewEvery = TimeSpan.FromSeconds(27) }));
        Assert.Throws<ArgumentOutOfRangeException>(() => database.Store(new LeaseOptions { SafetyMargin = TimeSpan.FromSeconds(16) }));

        var defaults = new LeaseOptions { Duration = TimeSpan.FromSeconds(60) };
        Assert.Equal((20d, 6d), (defaults.RenewEvery.TotalSeconds, defaults.SafetyMargin.TotalSeconds));
    }

    /// <summary>The lease's own timer and the one of the next renewal.</summary>
    private static Task TimersAreSetAsync(ManualTime time) => LeaseDatabase.UntilAsync(() => Task.FromResult(time.TimersSet == 2), "the next renewal's timer");
}
