namespace Tiebreak.Bench.Reports;

/// <summary>One line of a suite's result.</summary>
/// <param name="Case">What was done, and how much of it there was.</param>
/// <param name="Contender">Who did it.</param>
/// <param name="Callers">How many callers it had at once.</param>
/// <param name="PerSecond">Changes a second, the median of the rounds.</param>
/// <param name="SpreadPercent">From the slowest to the fastest round, in percent of the median.</param>
/// <param name="P50Ms">The median of the rounds' medians.</param>
/// <param name="P99Ms">The median of the rounds' 99th percentiles.</param>
/// <param name="RatioToRowLock">Changes a second over those of the hand-written row lock, round by round, the median.</param>
internal sealed record Row(string Case, string Contender, int Callers, double PerSecond, double SpreadPercent, double P50Ms, double P99Ms, double RatioToRowLock);
