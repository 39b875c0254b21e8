using Tiebreak.Races.Findings;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Oracles;

/// <summary>Compares runs with the orders one at a time.</summary>
/// <param name="serial">What these lead to.</param>
internal sealed class Judge(SerialOutcomes serial)
{
    private const string DeadlockDetected = "40P01";

    /// <summary>What is to be said of an order one at a time: nothing, or an invariant that it breaks.</summary>
    public IReadOnlyList<Judgement> OfSerialOrders() =>
    [
        .. serial.All
            .SelectMany(order => order.BrokenInvariants.Select(invariant => (order, invariant)))
            .DistinctBy(broken => broken.invariant)
            .Select(broken => new Judgement
            {
                Kind = FindingKind.WrongOneAtATime,
                Outcome = broken.order.Outcome,
                Invariant = broken.invariant,
                Nearest = new NearestSerialOrder(Names(broken.order.Order), []),
            }),
    ];

    /// <summary>What is to be said of a run that completed.</summary>
    /// <exception cref="ArgumentException">It did not complete, or an order that it must be compared with was not run yet: see <see cref="SerialOutcomes.Missing"/>.</exception>
    public Judgement Of(Run run)
    {
        var outcome = run.Outcome ?? throw new ArgumentException("Only a run that completed can be judged.", nameof(run));
        var who = SerialOutcomes.WhoRan(outcome);
        if (IsDeadlock(outcome))
        {
            return new Judgement { Kind = FindingKind.Deadlock, Outcome = serial.Canonical(outcome, who), DeadlockCycle = run.DeadlockCycle ?? [] };
        }

        if (serial.Missing(outcome) is { Count: > 0 } missing)
        {
            throw new ArgumentException($"Run {string.Join("; ", missing.Select(order => string.Join(", ", Names(order))))} one at a time first.", nameof(run));
        }

        var seen = serial.Canonical(outcome, who);
        var orders = serial.Of(who);
        var same = orders.Where(order => order.Outcome.Equals(seen)).ToList();
        var known = orders.SelectMany(order => order.BrokenInvariants).ToHashSet(StringComparer.Ordinal);
        var broken = outcome.BrokenInvariants.FirstOrDefault(invariant => !known.Contains(invariant));
        var nearest = Nearest(orders, seen);
        if (same.Count > 0)
        {
            return new Judgement { Kind = broken is null ? null : FindingKind.Invariant, Outcome = seen, Invariant = broken, Nearest = nearest };
        }

        if (broken is null && AnotherRefusal(run, outcome, who) is { } refused)
        {
            return new Judgement { Kind = FindingKind.AnotherRefusal, Outcome = seen, Nearest = nearest, Refused = refused };
        }

        var found = new Judgement { Kind = FindingKind.Race, Outcome = seen, Nearest = nearest, Invariant = broken, WouldHoldWithout = WouldHoldWithout(outcome, who) };
        if (ErrorToBlame(run, outcome, who) is { } actor)
        {
            var answer = outcome.Ends[actor].Answer;
            return found with { Kind = FindingKind.Error, ErrorActor = actor, SqlState = answer.SqlState, Error = answer.Error };
        }

        return broken is null ? found : found with { Kind = FindingKind.Invariant };
    }

    // One that the application answers with "try again", or tries again itself, is no finding.
    private static bool IsDeadlock(Outcome outcome) => outcome.Ends.Any(end => end is { Retryable: DeadlockDetected, TookEffect: false, Answer.IsBusy: false });

    /// <summary>
    /// The actor whose error no order gives. When nothing of what the failed ones did was kept and the others still do not
    /// fit any order, the error is not what is wrong.
    /// </summary>
    private int? ErrorToBlame(Run run, Outcome outcome, IReadOnlyList<int> who)
    {
        var failed = who.Where(actor => outcome.Ends[actor].Answer.Error is not null && !IsErrorOfSomeOrder(actor, outcome)).ToList();
        if (failed.Count == 0)
        {
            return null;
        }

        var others = who.Except(failed).ToList();
        var known = serial.Of(others);
        var othersFit = known.Count < SerialOutcomes.OrdersOf(others).Count || FitsAny(known, serial.Canonical(outcome, others));
        return othersFit || failed.Any(actor => Writes.AnyKept(run.Trace, actor)) ? failed[0] : null;
    }

    // Refused either way, nothing of it kept, all else as in some order.
    private (int Actor, string Told, string Otherwise)? AnotherRefusal(Run run, Outcome outcome, IReadOnlyList<int> who)
    {
        var refused = who.Where(actor => outcome.Ends[actor].Answer.IsFailure && !Writes.AnyKept(run.Trace, actor)).ToList();
        return refused.Count > 0 && refused.Count < who.Count && serial.RefusalsOfSomeOrder(outcome, who, refused) is { } otherwise
            ? (refused[0], outcome.Ends[refused[0]].Answer.Text, otherwise[0].Text)
            : null;
    }

    private bool IsErrorOfSomeOrder(int actor, Outcome outcome) => serial.IsAnswerOfSomeOrder(actor, outcome.Ends[actor].Answer);

    private IReadOnlyList<int> WouldHoldWithout(Outcome outcome, IReadOnlyList<int> who)
    {
        foreach (var actor in who.Where(_ => who.Count > 1))
        {
            var others = who.Where(other => other != actor).ToList();
            if (FitsAny(serial.Of(others), serial.Canonical(outcome, others)))
            {
                return [actor];
            }
        }

        return [];
    }

    private static bool FitsAny(IReadOnlyList<SerialOrder> orders, CanonicalOutcome outcome) => orders.Any(order => order.Outcome.Equals(outcome));

    private NearestSerialOrder? Nearest(IReadOnlyList<SerialOrder> orders, CanonicalOutcome outcome) => orders
        .Select(order => new NearestSerialOrder(Names(order.Order), Differences.Between(order.Outcome, outcome)))
        .MinBy(nearest => nearest.Differences.Count);

    private IReadOnlyList<string> Names(IEnumerable<int> actors) => [.. actors.Select(actor => serial.Actors[actor])];
}
