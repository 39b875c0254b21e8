using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Tiebreak.Lanes;

/// <summary>What can be watched of lanes: the meter <c>Tiebreak.Lanes</c>, each instrument by <c>operation</c>.</summary>
internal static class LaneMeters
{
    public const string Name = "Tiebreak.Lanes";

    private static readonly Meter Meter = new(Name, typeof(LaneMeters).Assembly.GetName().Version?.ToString());

    public static readonly UpDownCounter<long> Waiting =
        Meter.CreateUpDownCounter<long>("tiebreak.lanes.waiting", "{request}", "Requests that wait in a lane.");

    public static readonly Histogram<int> BatchSize =
        Meter.CreateHistogram<int>("tiebreak.lanes.batch.size", "{request}", "Requests that were decided in one transaction.");

    public static readonly Histogram<double> Wait =
        Meter.CreateHistogram<double>("tiebreak.lanes.wait", "s", "From a request's arrival to the beginning of its transaction.");

    public static readonly Histogram<double> BatchDuration =
        Meter.CreateHistogram<double>("tiebreak.lanes.batch.duration", "s", "From the beginning of a transaction to its commit.");

    public static readonly Counter<long> Decisions =
        Meter.CreateCounter<long>("tiebreak.lanes.decisions", "{request}", "Requests that were decided and committed.");

    public static readonly Counter<long> Failures =
        Meter.CreateCounter<long>("tiebreak.lanes.failures", "{request}", "Requests that ended with an error.");

    public static readonly Counter<long> Halvings =
        Meter.CreateCounter<long>("tiebreak.lanes.halvings", "{batch}", "Batches that were tried again in halves to find the request that fails.");

    public static readonly Counter<long> Retries =
        Meter.CreateCounter<long>("tiebreak.lanes.retries", "{attempt}", "Attempts after the first: deadlocks, serialization failures, keys that others made first.");

    public static readonly Counter<long> Refused =
        Meter.CreateCounter<long>("tiebreak.lanes.refused", "{request}", "Requests that were not taken because the lane was full.");

    public static TagList For(string operation) => new() { { "operation", operation } };
}
