using Tiebreak.Races.Findings;
using Tiebreak.Races.Reports;

namespace Tiebreak.Races;

/// <summary>What a report says, for people and for other programs. Safe to call from any thread.</summary>
public static class RaceReports
{
    /// <summary>Throws unless the verdict is <see cref="Verdict.Holds"/>: what a test ends with.</summary>
    /// <exception cref="RaceFoundException">
    /// The verdict is <see cref="Verdict.Broken"/> or <see cref="Verdict.Unknown"/>. The message is <see cref="ToText(RaceReport)"/>: the
    /// timeline of each finding, or the reason why nothing can be said.
    /// </exception>
    public static void ThrowUnlessHolds(this RaceReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        if (report.Verdict != Verdict.Holds)
        {
            throw new RaceFoundException(Environment.NewLine + report.ToText(), report);
        }
    }

    /// <summary>The report for a terminal: each finding's timeline with one column an actor, up to 110 columns wide.</summary>
    public static string ToText(this RaceReport report) => ConsoleReport.Of(report, ConsoleReport.ReplayInCode);

    /// <summary>How likely it is, for a terminal.</summary>
    public static string ToText(this Likelihood likelihood) => LikelihoodText.Of(likelihood);

    /// <summary>The report for other programs; docs/races/command.md describes its members.</summary>
    public static string ToJson(this RaceReport report) => JsonReport.Of(report);

    /// <summary>The report as one HTML page that needs no other file, for people.</summary>
    public static string ToHtml(this RaceReport report) => HtmlReport.Of(report, ConsoleReport.ReplayInCode);
}
