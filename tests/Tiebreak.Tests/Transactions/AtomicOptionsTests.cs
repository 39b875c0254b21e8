using Tiebreak.Operations;
using Tiebreak.Transactions;

namespace Tiebreak.Tests.Transactions;

/// <summary>Every bound has the range that its documentation states.</summary>
public sealed class AtomicOptionsTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(101)]
    public void Attempts_outside_1_to_100_are_refused(int value) =>
        Refuses("MaxAttempts", () => AtomicOptions.Default with { MaxAttempts = value });

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    public void Attempts_from_1_to_100_are_taken(int value) => Assert.Equal(value, new AtomicOptions { MaxAttempts = value }.MaxAttempts);

    [Fact]
    public void Waits_outside_1_millisecond_to_1_hour_are_refused()
    {
        foreach (var value in new[] { TimeSpan.Zero, TimeSpan.FromMilliseconds(1) - Tick, TimeSpan.FromHours(1) + Tick, TimeSpan.FromSeconds(-1), Timeout.InfiniteTimeSpan })
        {
            Refuses("LockWait", () => new AtomicOptions { LockWait = value });
            Refuses("StatementTimeout", () => new AtomicOptions { StatementTimeout = value });
            Refuses("QueueWait", () => new TransactionGuardOptions { QueueWait = value });
        }
    }

    [Fact]
    public void Waits_from_1_millisecond_to_1_hour_are_taken()
    {
        foreach (var value in new[] { TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1) })
        {
            Assert.Equal(value, new AtomicOptions { LockWait = value }.LockWait);
            Assert.Equal(value, new AtomicOptions { StatementTimeout = value }.StatementTimeout);
            Assert.Equal(value, new TransactionGuardOptions { QueueWait = value }.QueueWait);
        }
    }

    [Fact]
    public void Pauses_outside_0_to_1_minute_are_refused()
    {
        foreach (var value in new[] { -Tick, TimeSpan.FromMinutes(1) + Tick, Timeout.InfiniteTimeSpan })
        {
            Refuses("RetryDelay", () => new AtomicOptions { RetryDelay = value });
            Refuses("MaxRetryDelay", () => new AtomicOptions { MaxRetryDelay = value });
        }

        Assert.Equal(TimeSpan.Zero, new AtomicOptions { RetryDelay = TimeSpan.Zero }.RetryDelay);
        Assert.Equal(TimeSpan.FromMinutes(1), new AtomicOptions { MaxRetryDelay = TimeSpan.FromMinutes(1) }.MaxRetryDelay);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10_001)]
    public void A_guards_concurrency_outside_1_to_10000_is_refused(int value) =>
        Refuses("MaxConcurrency", () => new TransactionGuardOptions { MaxConcurrency = value });

    [Fact]
    public void The_defaults_are_the_documented_ones()
    {
        var atomic = new AtomicOptions();
        Assert.Equal((5, 3d, 30d, 5d, 250d), (atomic.MaxAttempts, atomic.LockWait.TotalSeconds, atomic.StatementTimeout.TotalSeconds, atomic.RetryDelay.TotalMilliseconds, atomic.MaxRetryDelay.TotalMilliseconds));
        Assert.Equal(System.Data.IsolationLevel.ReadCommitted, atomic.IsolationLevel);

        var guard = new TransactionGuardOptions();
        Assert.Equal((48, 30d), (guard.MaxConcurrency, guard.QueueWait.TotalSeconds));
    }

    private static void Refuses(string option, Func<object> make) =>
        Assert.StartsWith(option + " is a ", Assert.Throws<ArgumentOutOfRangeException>(make).Message, StringComparison.Ordinal);
}
