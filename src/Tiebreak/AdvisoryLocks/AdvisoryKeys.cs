namespace Tiebreak.AdvisoryLocks;

/// <summary>Puts what a caller asks for into the one form in which it is taken.</summary>
internal static class AdvisoryKeys
{
    /// <summary>Sorted by their 64 bits, each once: whoever takes several takes them in the same order.</summary>
    public static IReadOnlyList<AdvisoryKey> InOrder(IEnumerable<AdvisoryKey> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        AdvisoryKey[] sorted = [.. keys.Distinct().OrderBy(key => key.Value)];
        return sorted.Length > 0
            ? sorted
            : throw new ArgumentException("No key was given, and a lock on nothing keeps nobody out. Give at least one, or leave the call out.", nameof(keys));
    }

    public static AdvisoryLockMode Checked(AdvisoryLockMode mode) => mode is AdvisoryLockMode.Exclusive or AdvisoryLockMode.Shared
        ? mode
        : throw new ArgumentOutOfRangeException(nameof(mode), mode, "The mode is Exclusive or Shared.");

    /// <summary>A bound on a wait; null is none.</summary>
    public static TimeSpan? Checked(TimeSpan? wait) => wait is null || (wait >= TimeSpan.FromMilliseconds(1) && wait <= TimeSpan.FromHours(1))
        ? wait
        : throw new ArgumentOutOfRangeException(nameof(wait), wait, "A wait is a time from 1 millisecond to 1 hour. Not to wait at all: the Try method, without a wait.");

    public static IReadOnlyList<string> Names(IEnumerable<AdvisoryKey> keys) => [.. keys.Select(key => key.ToString())];
}
