using System.Data;
using System.Globalization;
using System.Text;
using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Reports;

/// <summary>How reports say what is a name in the code.</summary>
internal static class ReportWords
{
    /// <summary>For documents: <c>lost-update</c>.</summary>
    public static string Kebab<T>(T value)
        where T : struct, Enum => Joined(value.ToString(), '-');

    /// <summary>For people: <c>lost update</c>.</summary>
    public static string Plain<T>(T value)
        where T : struct, Enum => Joined(value.ToString(), ' ');

    /// <summary>As SQL and the scenario's file write it: <c>read committed</c>.</summary>
    public static string Level(IsolationLevel level) => level switch
    {
        IsolationLevel.Unspecified => "read committed",
        IsolationLevel.Snapshot => "repeatable read",
        _ => Plain(level),
    };

    public static string Count(int count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");

    /// <summary>Whether a command tag tells more than the statement itself: that of COMMIT does not.</summary>
    public static bool AddsToStatement(TimelineEntry entry) =>
        entry.Result is not null && !string.Equals(entry.Result, entry.Sql.TrimEnd(';'), StringComparison.OrdinalIgnoreCase);

    /// <summary>"a", "a and b", "a, b and c".</summary>
    public static string And(IReadOnlyList<string> names) => names.Count < 2
        ? string.Concat(names)
        : $"{string.Join(", ", names.Take(names.Count - 1))} and {names[^1]}";

    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.#} %");

    /// <summary>What a finding is called: its anomaly where it has one.</summary>
    public static string Title(Finding finding) => finding.Kind switch
    {
        FindingKind.Deadlock => "deadlock",
        FindingKind.AnotherRefusal => "another refusal",
        FindingKind.WrongOneAtATime => $"wrong even one at a time: {finding.Invariant}",
        FindingKind.Error => finding.Anomaly == Anomaly.Unnamed ? "unexpected error" : $"unexpected error: {Plain(finding.Anomaly)}",
        FindingKind.Invariant when finding.Anomaly == Anomaly.Unnamed => $"broken invariant: {finding.Invariant}",
        FindingKind.Invariant => $"{Plain(finding.Anomaly)} (broken invariant: {finding.Invariant})",
        _ => finding.Anomaly == Anomaly.Unnamed ? "race" : Plain(finding.Anomaly),
    };

    /// <summary>How much was run.</summary>
    public static string Coverage(RaceReport report) => report switch
    {
        { Exhausted: true } => "exhausted",
        { Bound: >= 0 } => $"every order up to {Count(report.Bound.Value, "preemption")}",
        _ => "not exhausted",
    };

    /// <summary>Whether one order was run because it was asked for. An exploration runs each actor first at least.</summary>
    public static bool IsReplay(RaceReport report) => report is { Schedules: 1, Exhausted: false };

    public static string Summary(RaceReport report)
    {
        if (IsReplay(report))
        {
            return $"1 order run; {Count(report.SerialOutcomes, "outcome")} one at a time";
        }

        var orders = $"{Count(report.Schedules, "order")} run, {report.BadSchedules} bad, {Coverage(report)}";
        var serial = $"{Count(report.SerialOutcomes, "outcome")} one at a time";
        var speed = string.Create(CultureInfo.InvariantCulture, $"{report.PerSecond:0} orders a second");
        var first = report.FirstFoundAfter is { } after ? $", first found after {Count(after, "order")}{In(report.FirstFoundIn)}" : "";
        var deadlocks = report.BusyDeadlocks == 0 ? "" : $"; {Count(report.BusyDeadlocks, "order")} deadlock{(report.BusyDeadlocks == 1 ? "s and is" : " and are")} answered busy";
        return $"{orders}; {serial}; {speed}{first}{deadlocks}";
    }

    /// <summary>What came of a fix, as the timeline's readers are told it.</summary>
    public static string Result(TriedFix fix) => fix.Verdict switch
    {
        Verdict.Holds => $"holds: 0 bad of {Count(fix.Schedules, "order")}, exhausted",
        Verdict.Broken => $"still races: {fix.BadSchedules} bad of {Count(fix.Schedules, "order")}",
        _ => $"unknown after {Count(fix.Schedules, "order")}{(fix.Reason is null ? "" : $" ({fix.Reason.TrimEnd('.')})")}",
    };

    private static string In(TimeSpan? time) => time is { } known
        ? string.Create(CultureInfo.InvariantCulture, $" in {known.TotalMilliseconds:0} ms")
        : "";

    private static string Joined(string name, char between)
    {
        var text = new StringBuilder(name.Length + 4);
        foreach (var letter in name)
        {
            if (char.IsUpper(letter) && text.Length > 0)
            {
                text.Append(between);
            }

            text.Append(char.ToLowerInvariant(letter));
        }

        return text.ToString();
    }
}
