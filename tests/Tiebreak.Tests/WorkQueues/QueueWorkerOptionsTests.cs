using Tiebreak.WorkQueues;

namespace Tiebreak.Tests.WorkQueues;

/// <summary>Every option has the range that its documentation states.</summary>
public sealed class QueueWorkerOptionsTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    [Fact]
    public void Values_outside_their_range_are_refused()
    {
        foreach (var number in new[] { 0, -1, 1001 })
        {
            Refuses("MaxConcurrency", () => new QueueWorkerOptions { MaxConcurrency = number });
            Refuses("MaxAttempts", () => new QueueWorkerOptions { MaxAttempts = number });
        }

        foreach (var time in new[] { -Tick, Day + Tick, Timeout.InfiniteTimeSpan })
        {
            Refuses("RetryDelay", () => new QueueWorkerOptions { RetryDelay = time });
            Refuses("MaxRetryDelay", () => new QueueWorkerOptions { MaxRetryDelay = time });
            Refuses("DrainTimeout", () => new QueueWorkerOptions { DrainTimeout = time });
        }

        foreach (var time in new[] { TimeSpan.Zero, Day + Tick, Timeout.InfiniteTimeSpan })
        {
            Refuses("Lease", () => new QueueWorkerOptions { Lease = time });
            Refuses("PollInterval", () => new QueueWorkerOptions { PollInterval = time });
        }

        Refuses("Lease", () => new QueueWorkerOptions { Lease = TimeSpan.FromMilliseconds(100) - Tick });
        Refuses("PollInterval", () => new QueueWorkerOptions { PollInterval = TimeSpan.FromMilliseconds(10) - Tick });
        Assert.Throws<ArgumentNullException>(() => new QueueWorkerOptions { Transaction = null! });
    }

    [Fact]
    public void The_ends_of_each_range_are_taken()
    {
        Assert.Equal((1, 1000), (new QueueWorkerOptions { MaxConcurrency = 1 }.MaxConcurrency, new QueueWorkerOptions { MaxAttempts = 1000 }.MaxAttempts));
        Assert.Equal((TimeSpan.Zero, Day), (new QueueWorkerOptions { RetryDelay = TimeSpan.Zero }.RetryDelay, new QueueWorkerOptions { DrainTimeout = Day }.DrainTimeout));
        Assert.Equal((100d, 10d), (new QueueWorkerOptions { Lease = TimeSpan.FromMilliseconds(100) }.Lease.TotalMilliseconds, new QueueWorkerOptions { PollInterval = TimeSpan.FromMilliseconds(10) }.PollInterval.TotalMilliseconds));
    }

    [Fact]
    public void The_defaults_are_the_documented_ones()
    {
        var options = new QueueWorkerOptions();
        Assert.Equal((4, 10, 1d, 300d), (options.MaxConcurrency, options.MaxAttempts, options.RetryDelay.TotalSeconds, options.MaxRetryDelay.TotalSeconds));
        Assert.Equal((30d, 1d, 20d), (options.Lease.TotalSeconds, options.PollInterval.TotalSeconds, options.DrainTimeout.TotalSeconds));
        Assert.Equal((true, false, null), (options.Listen, options.DeadLettersHoldKey, options.Json));
    }

    [Theory]
    [InlineData(1, 0, 0.5)]
    [InlineData(1, 1, 1)]
    [InlineData(2, 1, 2)]
    [InlineData(4, 0.5, 6)]
    [InlineData(10, 1, 300)]
    [InlineData(1000, 0, 150)]
    public void The_pause_doubles_up_to_its_bound_and_is_drawn_from_its_upper_half(int attempt, double drawn, double seconds) =>
        Assert.Equal(seconds, RetryPause.After(attempt, QueueWorkerOptions.Default, drawn).TotalSeconds);

    private static void Refuses(string option, Func<object> make) =>
        Assert.StartsWith(option + " is a ", Assert.Throws<ArgumentOutOfRangeException>(make).Message, StringComparison.Ordinal);
}
