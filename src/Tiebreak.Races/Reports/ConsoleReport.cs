using System.Text;
using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Reports;

/// <summary>A report as text for a terminal and for the message of a failed test.</summary>
internal static class ConsoleReport
{
    public const int Width = 110;

    /// <param name="report">What was found.</param>
    /// <param name="replay">The line that replays a finding.</param>
    /// <param name="width">Columns of the terminal.</param>
    public static string Of(RaceReport report, Func<Finding, string> replay, int width = Width)
    {
        var text = new StringBuilder();
        AppendWrapped(text, Headline(report), width, "");
        AppendWrapped(text, ReportWords.Summary(report), width, "");
        for (var number = 0; number < report.Findings.Count; number++)
        {
            text.AppendLine();
            Append(text, report.Findings[number], number + 1, report, replay, width);
        }

        AppendRedundantLocks(text, report, width);
        if (report.Masked.Count > 0)
        {
            text.AppendLine();
            AppendList(text, "Not compared, because it differs between equal runs:", [.. report.Masked.Select(masked => $"{masked.Where}: {masked.Seen}")], width);
        }

        if (report is { Verdict: Verdict.Holds, OneAtATime.Count: > 0 })
        {
            text.AppendLine();
            AppendList(text, "One at a time the actors answer:", [.. report.OneAtATime.Select(OneAtATime)], width);
        }

        return text.ToString().TrimEnd() + Environment.NewLine;
    }

    /// <summary>The line that replays a finding in .NET.</summary>
    public static string ReplayInCode(Finding finding) => finding.Isolation is System.Data.IsolationLevel.ReadCommitted or System.Data.IsolationLevel.Unspecified
        ? $".ReplayAsync(\"{finding.Schedule}\")"
        : $".Isolation(IsolationLevel.{finding.Isolation}).ReplayAsync(\"{finding.Schedule}\")";

    private static string Headline(RaceReport report) => report.Verdict switch
    {
        Verdict.Holds when ReportWords.IsReplay(report) => $"HOLDS: in this order {ReportWords.And(report.Actors)} end as they would one at a time." + (report.Reason is null ? "" : $" {report.Reason}"),
        Verdict.Holds => $"HOLDS: {ReportWords.And(report.Actors)} end as they would one at a time, whatever the order." + (report.Findings.Count == 0 ? "" : " Some are refused in other words than one at a time; see below.") + (report.Reason is null ? "" : $" {report.Reason}"),
        Verdict.Broken => $"BROKEN: {ReportWords.Count(report.Findings.Count, "finding")} between {ReportWords.And(report.Actors)}."
            + (report.Reason is null ? "" : $" {report.Reason}"),
        _ => $"UNKNOWN: {report.Reason ?? "not every order was run."} This is not a pass.",
    };

    private static void Append(StringBuilder text, Finding finding, int number, RaceReport report, Func<Finding, string> replay, int width)
    {
        var title = $"{number}. {ReportWords.Title(finding)}, {ReportWords.Level(finding.Isolation)}";
        text.AppendLine(title).AppendLine(new string('=', title.Length));
        AppendWrapped(text, finding.Explanation, width, "");
        text.AppendLine();
        foreach (var line in new ConsoleTimeline(finding, report.Actors, width).Lines())
        {
            text.AppendLine(line);
        }

        text.AppendLine();
        AppendList(text, "Outcome:", finding.Outcome, width);
        if (finding.NearestSerial is { } nearest)
        {
            AppendList(text, $"Nearest order one at a time: {string.Join(", ", nearest.Order)}. It differs in:", nearest.Differences, width);
        }

        AppendList(text, "Fixes tried:", [.. finding.Fixes.Select(Fix)], width);
        text.Append("Replay: ").AppendLine(replay(finding));
    }

    private static string OneAtATime(OrderOneAtATime order) => string.Join("; ", order.Order.Zip(order.Answers, (actor, answer) => $"{actor}: {answer}"));

    private static string Fix(TriedFix fix)
    {
        var cost = fix.Verdict == Verdict.Holds ? $"; {ReportWords.Percent(fix.BlockedSteps)} of the statements wait" : "";
        return $"{fix.What}: {ReportWords.Result(fix)}{cost}";
    }

    private static void AppendRedundantLocks(StringBuilder text, RaceReport report, int width)
    {
        if (report.RedundantLocks.Count == 0)
        {
            return;
        }

        text.AppendLine();
        AppendList(text, "Redundant for these actors (others may need them):",
            [.. report.RedundantLocks.Select(found => $"{found.Actor}: {found.Sql} ({ReportWords.Count(found.Schedules, "order")} run without it)")], width);
    }

    private static void AppendList(StringBuilder text, string title, IReadOnlyList<string> lines, int width)
    {
        if (lines.Count == 0)
        {
            return;
        }

        text.AppendLine(title);
        foreach (var line in lines)
        {
            AppendWrapped(text, line, width, "  ");
        }
    }

    private static void AppendWrapped(StringBuilder text, string paragraph, int width, string indent)
    {
        var further = false;
        foreach (var line in TextWrap.At(paragraph, width - 6))
        {
            text.Append(indent).Append(further ? indent : "").AppendLine(line);
            further = true;
        }
    }
}
