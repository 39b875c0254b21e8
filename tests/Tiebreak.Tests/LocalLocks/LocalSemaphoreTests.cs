using Tiebreak.LocalLocks;

namespace Tiebreak.Tests.LocalLocks;

public sealed class LocalSemaphoreTests
{
    [Fact]
    public async Task So_many_hold_a_key_at_once_and_no_more()
    {
        var semaphore = new LocalSemaphore<string>(3);
        LocalLockHandle?[] held = [await semaphore.AcquireAsync("a"), semaphore.TryAcquire("a"), await semaphore.TryAcquireAsync("a", TimeSpan.Zero)];
        Assert.All(held, Assert.NotNull);
        Assert.Null(semaphore.TryAcquire("a"));
        Assert.NotNull(semaphore.TryAcquire("b"));
        var waiting = semaphore.AcquireAsync("a");

        held[1]!.Dispose();

        (await waiting).Dispose();
        Assert.Equal(3, semaphore.Places);
    }

    [Fact]
    public async Task Under_load_the_places_are_all_used_and_never_exceeded()
    {
        const int Places = 4;
        var semaphore = new LocalSemaphore<int>(Places);
        var (inside, most) = (new int[3], new int[3]);
        await Task.WhenAll(Enumerable.Range(0, 32).Select(worker => Task.Run(async () =>
        {
            for (var round = 0; round < 500; round++)
            {
                var key = (worker + round) % 3;
                using (await semaphore.AcquireAsync(key))
                {
                    var now = Interlocked.Increment(ref inside[key]);
                    InterlockedMax(ref most[key], now);
                    await Task.Yield();
                    Interlocked.Decrement(ref inside[key]);
                }
            }
        })));

        Assert.Equal([Places, Places, Places], most);
        Assert.Equal(0, semaphore.Lines.Count);
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = Volatile.Read(ref target); seen < value;)
        {
            seen = Interlocked.CompareExchange(ref target, value, seen) is var before && before == seen ? value : before;
        }
    }
}
