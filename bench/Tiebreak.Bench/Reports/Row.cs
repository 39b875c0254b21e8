namespace Tiebreak.Bench.Reports;

/// <summary>One line of a suite's result.</summary>
/// <param name="Case">What was done, and how much of it there was.</param>
/// <param name="Contender">Who did it.</param>
/// <param name="Callers">How many callers it had at once.</param>
/// <param name="RatioToRowLock">Changes a second over those of the contender that the ratios refer to, round by round, the median.</param>
/// <param name="PerSecond">Changes a second, the median of the rounds.</param>
/// <param name="MinPerSecond">Those of the slowest round.</param>
/// <param name="MaxPerSecond">Those of the fastest round.</param>
/// <param name="P50Ms">The median of the rounds' medians.</param>
/// <param name="P99Ms">The median of the rounds' 99th percentiles.</param>
internal sealed record Row(
    string Case, string Contender, int Callers, double RatioToRowLock, double PerSecond, double MinPerSecond, double MaxPerSecond, double P50Ms, double P99Ms)
{
    /// <summary>How long a call takes over how long it takes the same contender where there is least; only of suites about that.</summary>
    public double? TimesSmallest { get; init; }

    /// <summary>What the process allocated for a call; only where one caller was alone.</summary>
    public double? KilobytesPerCall { get; init; }
}
