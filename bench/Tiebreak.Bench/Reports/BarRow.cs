namespace Tiebreak.Bench.Reports;

/// <summary>One figure beside the bar that it is to reach.</summary>
/// <param name="Case">What was measured.</param>
/// <param name="Unit">What the figures are.</param>
/// <param name="IsLeast">Whether more is better.</param>
/// <param name="Bar">What is to be reached.</param>
/// <param name="TimesBar">How many times as good as that it is; below 1 it is missed.</param>
/// <param name="Median">The median of the rounds.</param>
/// <param name="Min">The least of the rounds.</param>
/// <param name="Max">The most of the rounds.</param>
/// <param name="Orders">How many orders were run in a round, those one at a time included.</param>
internal sealed record BarRow(string Case, string Unit, bool IsLeast, double Bar, double TimesBar, double Median, double Min, double Max, double Orders);
