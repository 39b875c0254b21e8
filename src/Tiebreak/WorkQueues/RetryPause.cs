using System.Security.Cryptography;

namespace Tiebreak.WorkQueues;

/// <summary>The pause before a failed job's next attempt.</summary>
internal static class RetryPause
{
    private const int Steps = 10_000;

    public static TimeSpan After(int attempt, QueueWorkerOptions options) =>
        After(attempt, options, RandomNumberGenerator.GetInt32(0, Steps + 1) / (double)Steps);

    /// <param name="attempt">The attempt that failed; 1 is the first.</param>
    /// <param name="options">Its first length and its bound.</param>
    /// <param name="drawn">From 0 to 1. Half of the pause is kept whatever is drawn: a key's order makes its later jobs wait with it, so a pause of nearly nothing would only use up the attempts.</param>
    public static TimeSpan After(int attempt, QueueWorkerOptions options, double drawn)
    {
        var bound = Math.Min(options.MaxRetryDelay.TotalMilliseconds, options.RetryDelay.TotalMilliseconds * Math.Pow(2, Math.Min(attempt - 1, 60)));
        return TimeSpan.FromMilliseconds(bound * (1 + drawn) / 2);
    }
}
