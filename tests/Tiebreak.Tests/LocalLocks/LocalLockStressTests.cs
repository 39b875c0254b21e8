using Tiebreak.LocalLocks;

namespace Tiebreak.Tests.LocalLocks;

/// <summary>Real concurrency; each seed is another mix of acquiring, cancelling and giving up.</summary>
public sealed class LocalLockStressTests
{
    [Fact]
    public async Task Unguarded_counters_lose_no_count()
    {
        var locks = new LocalLock<int>();
        var counters = new int[5];
        await Task.WhenAll(Enumerable.Range(0, 16).Select(worker => Task.Run(async () =>
        {
            for (var round = 0; round < 5_000; round++)
            {
                var key = (worker + round) % counters.Length;
                using (await locks.AcquireAsync(key))
                {
                    var read = counters[key];
                    await Task.Yield();
                    counters[key] = read + 1;
                }
            }
        })));

        Assert.Equal(16 * 5_000, counters.Sum());
        Assert.Equal(0, locks.Lines.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_storm_of_cancellations_and_timeouts_lets_in_one_at_a_time_and_leaves_nothing(int seed)
    {
        var locks = new LocalLock<int>();
        var inside = new int[3];
        var (held, gaveUp, twice) = (0, 0, 0);
        await Task.WhenAll(Enumerable.Range(0, 24).Select(worker => Task.Run(async () =>
        {
            var random = new Random((seed * 1000) + worker);
            for (var round = 0; round < 800; round++)
            {
                var key = random.Next(inside.Length);
                using var cancellation = new CancellationTokenSource();
                ValueTask<LocalLockHandle?> asked = random.Next(4) switch
                {
                    0 => locks.TryAcquireAsync(key, TimeSpan.FromMilliseconds(random.Next(3)), cancellation.Token),
                    1 => ValueTask.FromResult(locks.TryAcquire(key)),
                    _ => locks.TryAcquireAsync(key, TimeSpan.FromHours(1), cancellation.Token),
                };
                if (random.Next(3) == 0)
                {
                    _ = Task.Run(cancellation.Cancel, CancellationToken.None);
                    await Task.Yield();
                }

                try
                {
                    using var handle = await asked;
                    if (handle is null)
                    {
                        Interlocked.Increment(ref gaveUp);
                        continue;
                    }

                    Interlocked.Add(ref twice, Interlocked.Increment(ref inside[key]) - 1);
                    await Task.Yield();
                    Interlocked.Decrement(ref inside[key]);
                    Interlocked.Increment(ref held);
                }
                catch (OperationCanceledException)
                {
                    Interlocked.Increment(ref gaveUp);
                }
            }
        })));

        Assert.Equal(0, twice);
        Assert.Equal(24 * 800, held + gaveUp);
        Assert.True(held > 0 && gaveUp > 0);
        Assert.Equal(0, locks.Lines.Count);
    }

    [Fact]
    public async Task Ten_thousand_in_one_line_leave_it_when_they_are_cancelled_together()
    {
        var locks = new LocalLock<int>();
        var first = await locks.AcquireAsync(1);
        using var cancellation = new CancellationTokenSource();
        var waiting = Enumerable.Range(0, 10_000).Select(_ => locks.AcquireAsync(1, cancellation.Token).AsTask()).ToList();
        var last = locks.AcquireAsync(1);

        await cancellation.CancelAsync();

        Assert.All(waiting, task => Assert.True(task.IsCanceled || !task.IsCompletedSuccessfully));
        first.Dispose();
        (await last).Dispose();
        Assert.Equal(0, locks.Lines.Count);
    }

    [Fact]
    public async Task Several_keys_in_any_order_never_wait_for_each_other()
    {
        var locks = new LocalLock<int>();
        var inside = new int[6];
        await Task.WhenAll(Enumerable.Range(0, 16).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            for (var round = 0; round < 500; round++)
            {
                int[] keys = [random.Next(6), random.Next(6), random.Next(6)];
                using (await locks.AcquireAllAsync(keys))
                {
                    Assert.All(keys.Distinct(), key => Assert.Equal(1, Interlocked.Increment(ref inside[key])));
                    await Task.Yield();
                    Assert.All(keys.Distinct(), key => Interlocked.Decrement(ref inside[key]));
                }
            }
        })));

        Assert.Equal(0, locks.Lines.Count);
    }

    [Fact]
    public async Task A_million_keys_used_once_each_leave_nothing()
    {
        var locks = new LocalLock<long>();
        for (var key = 0L; key < 1_000; key++)
        {
            (await locks.AcquireAsync(key)).Dispose();
        }

        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var key = 0L; key < 1_000_000; key++)
        {
            (await locks.AcquireAsync(key)).Dispose();
        }

        Assert.Equal(0, locks.Lines.Count);
        Assert.InRange(locks.Lines.Capacity, 0, 256);

        // Other tests allocate beside this one; a million entries would be a hundred megabytes.
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 40_000_000);
        GC.KeepAlive(locks);
    }

    [Fact]
    public async Task A_million_keys_held_at_once_leave_nothing_once_they_are_given_back()
    {
        var locks = new LocalLock<long>();
        var held = new LocalLockHandle[1_000_000];
        for (var key = 0; key < held.Length; key++)
        {
            held[key] = await locks.AcquireAsync(key);
        }

        Assert.Equal(held.Length, locks.Lines.Count);
        foreach (var handle in held)
        {
            handle.Dispose();
        }

        Assert.Equal(0, locks.Lines.Count);
        Assert.InRange(locks.Lines.Capacity, 0, 256);
    }
}
