using System.Data;
using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Tests.Reports;

/// <summary>A report with everything in it.</summary>
internal static class SampleReport
{
    public static RaceReport Broken { get; } = new()
    {
        Verdict = Verdict.Broken,
        Exhausted = true,
        Schedules = 18,
        BadSchedules = 14,
        PerSecond = 412.34,
        SerialOutcomes = 2,
        FirstFoundAfter = 3,
        FirstFoundIn = TimeSpan.FromMilliseconds(21.4),
        Actors = ["alice", "bob"],
        Findings = [LimitOverrun, Deadlock],
        RedundantLocks = [new RedundantLock("alice", "SELECT pg_advisory_xact_lock(7)", 6)],
    };

    public static RaceReport Holds { get; } = new()
    {
        Verdict = Verdict.Holds,
        Exhausted = true,
        Schedules = 6,
        PerSecond = 300,
        SerialOutcomes = 2,
        Actors = ["alice", "bob"],
    };

    public static RaceReport Unknown { get; } = new()
    {
        Verdict = Verdict.Unknown,
        Reason = "The budget of 60 s ended.",
        Bound = 1,
        Schedules = 900,
        PerSecond = 15,
        Actors = ["alice", "bob"],
    };

    private static Finding LimitOverrun => new()
    {
        Kind = FindingKind.Invariant,
        Anomaly = Anomaly.CheckThenActAcrossTransactions,
        Invariant = "used <= usage_limit",
        Schedule = "abaaabbb",
        Isolation = IsolationLevel.ReadCommitted,
        Explanation = "alice and bob both read voucher before either wrote it: bob's UPDATE rests on a value that alice had changed by then.",
        Timeline =
        [
            new("alice", "SELECT used, usage_limit FROM voucher WHERE id = 1", TimelineEvent.Done, "SELECT 1", []),
            new("bob", "SELECT used, usage_limit FROM voucher WHERE id = 1", TimelineEvent.Done, "SELECT 1", []),
            new("alice", "UPDATE voucher SET used = used + 1 WHERE id = 1", TimelineEvent.Done, "UPDATE 1", []),
            new("bob", "UPDATE voucher SET used = used + 1 WHERE id = 1 AND code <> '<script>alert(1)</script>'", TimelineEvent.Blocked, null, ["alice"]),
            new("alice", "COMMIT", TimelineEvent.Done, "COMMIT", []),
            new("bob", "UPDATE voucher SET used = used + 1 WHERE id = 1 AND code <> '<script>alert(1)</script>'", TimelineEvent.Resumed, "UPDATE 1", []),
            new("alice", "{\"accepted\":true}", TimelineEvent.Ended, null, []),
            new("bob", "COMMIT", TimelineEvent.Done, "COMMIT", []),
            new("bob", "{\"accepted\":true}", TimelineEvent.Ended, null, []),
        ],
        Culprits = [1, 5],
        Outcome = ["alice: {\"accepted\":true}", "bob: {\"accepted\":true}", "public.voucher: (1, 2, 1)"],
        NearestSerial = new NearestSerialOrder(["alice", "bob"], ["bob: {\"accepted\":false} there, {\"accepted\":true} here", "public.voucher: (1, 1, 1) there, (1, 2, 1) here"]),
        Fixes =
        [
            new("alice and bob: SELECT used, usage_limit FROM voucher WHERE id = 1 FOR UPDATE", Verdict.Holds, 31, 0, true, 0.125),
            new("REPEATABLE READ, and run an operation again that ends in 40001", Verdict.Broken, 40, 3, true, 0.1),
        ],
    };

    private static Finding Deadlock => new()
    {
        Kind = FindingKind.Deadlock,
        Anomaly = Anomaly.Deadlock,
        Schedule = "abab",
        Explanation = "alice waits for bob, bob waits for alice.",
        Timeline =
        [
            new("alice", "UPDATE account SET balance = 1 WHERE id = 1", TimelineEvent.Done, "UPDATE 1", []),
            new("bob", "UPDATE account SET balance = 1 WHERE id = 2", TimelineEvent.Done, "UPDATE 1", []),
            new("alice", "UPDATE account SET balance = 1 WHERE id = 2", TimelineEvent.Blocked, null, ["bob"]),
            new("bob", "UPDATE account SET balance = 1 WHERE id = 1", TimelineEvent.Blocked, null, ["alice"]),
            new("alice", "UPDATE account SET balance = 1 WHERE id = 2", TimelineEvent.Failed, "40P01: deadlock detected", []),
            new("bob", "UPDATE account SET balance = 1 WHERE id = 1", TimelineEvent.Resumed, "UPDATE 1", []),
        ],
        Culprits = [2, 3],
    };
}
