namespace Tiebreak.Bench.Measuring;

/// <summary>What one contender did in one round.</summary>
/// <param name="PerSecond">Changes that were committed in a second.</param>
/// <param name="P50Ms">Half of the calls were answered within this time.</param>
/// <param name="P99Ms">So were 99 of 100.</param>
internal sealed record Sample(double PerSecond, double P50Ms, double P99Ms)
{
    /// <summary>What the process allocated for a call, in the median; only where one caller was alone.</summary>
    public double? KilobytesPerCall { get; init; }

    public static Sample Of(long changes, TimeSpan took, List<double> answeredMs)
    {
        answeredMs.Sort();
        return new Sample(changes / took.TotalSeconds, At(answeredMs, 0.50), At(answeredMs, 0.99));
    }

    /// <summary>The middle of the rounds, each figure by itself, so that one disturbed round changes nothing.</summary>
    public static Sample Median(IReadOnlyList<Sample> rounds) => new(
        Middle(rounds.Select(round => round.PerSecond)), Middle(rounds.Select(round => round.P50Ms)), Middle(rounds.Select(round => round.P99Ms)))
    {
        KilobytesPerCall = rounds.All(round => round.KilobytesPerCall is not null) ? Middle(rounds.Select(round => round.KilobytesPerCall!.Value)) : null,
    };

    public static double Middle(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count % 2 == 1 ? sorted[sorted.Count / 2] : (sorted[(sorted.Count / 2) - 1] + sorted[sorted.Count / 2]) / 2;
    }

    private static double At(List<double> sorted, double share) =>
        sorted.Count == 0 ? double.NaN : sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * share))];
}
