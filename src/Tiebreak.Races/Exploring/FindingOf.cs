using System.Data;
using Tiebreak.Races.Explaining;
using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Exploring;

/// <summary>Tells people what a run that breaks the actors is.</summary>
internal static class FindingOf
{
    public static Finding Run(FoundRun found, Laboratory laboratory, IsolationLevel isolation)
    {
        string[] names = [.. laboratory.Scenario.Actors.Select(actor => actor.Name)];
        var named = Anomalies.Name(found.Run, laboratory.Database.Catalog, isolation, names);
        var (timeline, culprits) = Timeline.Of(found.Run, names, named.Culprits);
        return new Finding
        {
            Kind = found.Judgement.Kind!.Value,
            Anomaly = found.Judgement.Kind switch
            {
                FindingKind.WrongOneAtATime or FindingKind.AnotherRefusal => Anomaly.Unnamed,
                FindingKind.Deadlock => Anomaly.Deadlock,
                _ => named.Anomaly,
            },
            Invariant = found.Judgement.Invariant,
            Schedule = found.Run.Trace.Schedule.ToString(),
            Isolation = isolation,
            Timeline = timeline,
            Culprits = culprits,
            Explanation = Explanation(found, named, names),
            Outcome = found.Judgement.Outcome.Lines,
            NearestSerial = found.Judgement.Nearest,
        };
    }

    private static string Explanation(FoundRun found, NamedAnomaly named, string[] names) => found.Judgement switch
    {
        { Kind: FindingKind.WrongOneAtATime, Nearest: { } nearest } =>
            $"'{found.Judgement.Invariant}' is broken even when {string.Join(", then ", nearest.Order)} run one at a time: a bug of its own, not a race.",
        { Kind: FindingKind.AnotherRefusal, Refused: var (actor, told, otherwise) } =>
            $"{names[actor]} is refused with {AnswerForReading.Of(told)}, and one at a time would have been refused with {AnswerForReading.Of(otherwise)}; it wrote nothing, and all else is as one at a time. If it means \"try again\", declare it as busy.",
        { Kind: FindingKind.Error, Error: { } error } => $"{named.Explanation} It ended in an error that no order one at a time gives: {error}".Trim(),
        _ when named.Anomaly is Anomaly.Unnamed && BusyWriter(found) is { } busy =>
            $"{names[busy]} answers that it is busy, and has committed a write all the same: it counts as having run, and no order one at a time gives it that answer.",
        _ => named.Explanation,
    };

    private static int? BusyWriter(FoundRun found)
    {
        var ends = found.Run.Outcome?.Ends ?? [];
        return Enumerable.Range(0, ends.Count).Where(actor => ends[actor] is { TookEffect: true, Answer.IsBusy: true }).Cast<int?>().FirstOrDefault();
    }
}
