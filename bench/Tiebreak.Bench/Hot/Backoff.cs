using System.Security.Cryptography;

namespace Tiebreak.Bench.Hot;

/// <summary>The pause that a careful author puts between attempts: random, and longer each time.</summary>
internal static class Backoff
{
    public static Task AfterAsync(int attempt) =>
        Task.Delay(TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(1, 1 << Math.Clamp(attempt, 1, 6))));
}
