namespace Tiebreak.WorkQueues;

/// <summary>The one channel of a database on which workers are woken; its payload is the queue.</summary>
internal static class WakeCall
{
    public const string Channel = "tiebreak_jobs";

    /// <summary>For {1}, an array of queues.</summary>
    public const string Sql = "SELECT pg_notify({0}, queue) FROM unnest({1}) AS queue";

    public const string Listen = "LISTEN tiebreak_jobs";
}
