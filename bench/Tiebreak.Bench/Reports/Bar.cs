namespace Tiebreak.Bench.Reports;

/// <summary>What a figure is to reach.</summary>
/// <param name="Value">The bar.</param>
/// <param name="Unit">What it is a number of.</param>
/// <param name="IsLeast">Whether more is better.</param>
internal sealed record Bar(double Value, string Unit, bool IsLeast)
{
    /// <summary>How many times as good as the bar a figure is; below 1 it misses it.</summary>
    public double Times(double figure) => IsLeast ? figure / Value : Value / figure;
}
