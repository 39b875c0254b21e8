using System.Diagnostics;

namespace Tiebreak.Server.Tests.Support;

/// <summary>Waits for something to become true, and says what never did.</summary>
public static class Eventually
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    public static async Task TrueAsync(Func<Task<bool>> condition, string what)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > Bound)
            {
                Assert.Fail($"Waited {Bound.TotalSeconds} s in vain until {what}.");
            }

            await Task.Delay(20);
        }
    }
}
