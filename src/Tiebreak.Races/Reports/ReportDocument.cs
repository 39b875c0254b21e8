using System.Text.Json.Serialization;

namespace Tiebreak.Races.Reports;

/// <summary>A report as it is written to JSON: enumerations are words in lower case with hyphens.</summary>
internal sealed record ReportDocument(
    string Verdict,
    string? Reason,
    bool Exhausted,
    int? Bound,
    int Schedules,
    int BadSchedules,
    int BusyDeadlocks,
    double PerSecond,
    int SerialOutcomes,
    IReadOnlyList<OneAtATimeDocument> OneAtATime,
    IReadOnlyList<MaskedDocument> Masked,
    int? FirstFoundAfter,
    double? FirstFoundMs,
    IReadOnlyList<string> Actors,
    IReadOnlyList<FindingDocument> Findings,
    IReadOnlyList<RedundantLockDocument> RedundantLocks);

/// <summary>An order one at a time with its answers.</summary>
internal sealed record OneAtATimeDocument(IReadOnlyList<string> Order, IReadOnlyList<string> Answers);

/// <summary>Something that is not compared.</summary>
internal sealed record MaskedDocument(string Where, string Seen);

/// <summary>A finding of a <see cref="ReportDocument"/>.</summary>
internal sealed record FindingDocument(
    string Kind,
    string Anomaly,
    string? Invariant,
    string Isolation,
    string Schedule,
    string Explanation,
    IReadOnlyList<EventDocument> Timeline,
    IReadOnlyList<int> Culprits,
    IReadOnlyList<string> Outcome,
    NearestSerialDocument? NearestSerial,
    IReadOnlyList<FixDocument> Fixes);

/// <summary>A line of a finding's timeline.</summary>
internal sealed record EventDocument(string Actor, string Sql, string Event, string? Result, IReadOnlyList<string> BlockedBy);

/// <summary>The order one at a time that comes nearest.</summary>
internal sealed record NearestSerialDocument(IReadOnlyList<string> Order, IReadOnlyList<string> Differences);

/// <summary>A fix that was tried.</summary>
internal sealed record FixDocument(string What, string Verdict, int Schedules, int BadSchedules, bool Exhausted, double BlockedSteps, string? Reason);

/// <summary>A lock without which nothing changes for these actors.</summary>
internal sealed record RedundantLockDocument(string Actor, string Sql, int Schedules);

/// <summary>Writes documents without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(ReportDocument))]
internal sealed partial class ReportJson : JsonSerializerContext;
