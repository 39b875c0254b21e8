using System.Text.Encodings.Web;
using System.Text.Json;
using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Reports;

/// <summary>A report as JSON, for other programs.</summary>
internal static class JsonReport
{
    // SQL is full of quotes and comparison signs; they stay readable. Where JSON stands in HTML it is escaped or encoded there.
    private static readonly ReportJson Readable = new(new JsonSerializerOptions(ReportJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public static string Of(RaceReport report) => JsonSerializer.Serialize(Document(report), Readable.ReportDocument);

    public static ReportDocument Document(RaceReport report) => new(
        ReportWords.Kebab(report.Verdict),
        report.Reason,
        report.Exhausted,
        report.Bound,
        report.Schedules,
        report.BadSchedules,
        report.BusyDeadlocks,
        Math.Round(report.PerSecond, 1),
        report.SerialOutcomes,
        [.. report.OneAtATime.Select(order => new OneAtATimeDocument(order.Order, order.Answers))],
        [.. report.Masked.Select(masked => new MaskedDocument(masked.Where, masked.Seen))],
        report.FirstFoundAfter,
        report.FirstFoundIn is { } time ? Math.Round(time.TotalMilliseconds, 1) : null,
        report.Actors,
        [.. report.Findings.Select(Finding)],
        [.. report.RedundantLocks.Select(found => new RedundantLockDocument(found.Actor, found.Sql, found.Schedules))]);

    private static FindingDocument Finding(Finding finding) => new(
        ReportWords.Kebab(finding.Kind),
        ReportWords.Kebab(finding.Anomaly),
        finding.Invariant,
        ReportWords.Level(finding.Isolation),
        finding.Schedule,
        finding.Explanation,
        [.. finding.Timeline.Select(entry => new EventDocument(entry.Actor, entry.Sql, ReportWords.Kebab(entry.Event), entry.Result, entry.BlockedBy))],
        finding.Culprits,
        finding.Outcome,
        finding.NearestSerial is { } nearest ? new NearestSerialDocument(nearest.Order, nearest.Differences) : null,
        [.. finding.Fixes.Select(fix => new FixDocument(fix.What, ReportWords.Kebab(fix.Verdict), fix.Schedules, fix.BadSchedules, fix.Exhausted, Math.Round(fix.BlockedSteps, 4), fix.Reason))]);
}
