using System.Text.Json;
using Tiebreak.Transactions;

namespace Tiebreak.WorkQueues;

/// <summary>How a worker runs jobs. Immutable; one instance may serve any number of workers.</summary>
public sealed record QueueWorkerOptions
{
    /// <summary>The defaults.</summary>
    public static QueueWorkerOptions Default { get; } = new();

    /// <summary>
    /// How many jobs one worker runs at the same time, each on a connection of its own; the connection pool needs
    /// three more. 1 to 1,000; 4 by default.
    /// </summary>
    public int MaxConcurrency
    {
        get;
        init => field = InRange(value, 1000, nameof(MaxConcurrency));
    } = 4;

    /// <summary>
    /// How far ahead a worker claims: beside the jobs that it runs, as many as it is likely to begin within this time by
    /// how long the last ones took, 256 at most, so that one claim serves many short jobs. Long jobs are claimed one by
    /// one as ever. What was claimed and not begun is returned when the worker stops, and waits for its lease when it is
    /// killed. Zero to 1 second; 100 milliseconds by default.
    /// </summary>
    public TimeSpan ClaimAhead
    {
        get;
        init => field = InRange(value, TimeSpan.Zero, TimeSpan.FromSeconds(1), nameof(ClaimAhead), "zero to 1 second");
    } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// How often a job is begun, the first time included, before it becomes a dead letter. An attempt whose worker was
    /// killed counts. 1 to 1,000; 10 by default.
    /// </summary>
    public int MaxAttempts
    {
        get;
        init => field = InRange(value, 1000, nameof(MaxAttempts));
    } = 10;

    /// <summary>
    /// The pause after the first failed attempt. It doubles with each further one up to <see cref="MaxRetryDelay"/>,
    /// and the real pause is drawn evenly from the upper half of that. 0 to 1 day; 1 second by default. A job with a
    /// key holds back the later ones of its key meanwhile.
    /// </summary>
    public TimeSpan RetryDelay
    {
        get;
        init => field = InRange(value, TimeSpan.Zero, TimeSpan.FromDays(1), nameof(RetryDelay), "zero to 1 day");
    } = TimeSpan.FromSeconds(1);

    /// <summary>The bound of the growing pause. 0 to 1 day; 5 minutes by default.</summary>
    public TimeSpan MaxRetryDelay
    {
        get;
        init => field = InRange(value, TimeSpan.Zero, TimeSpan.FromDays(1), nameof(MaxRetryDelay), "zero to 1 day");
    } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long a claim lasts, by the database's clock, unless it is renewed; a worker renews its claims three times in
    /// that time. So long does a killed worker's job wait for another one. 100 milliseconds to 1 day; 30 seconds by default.
    /// </summary>
    public TimeSpan Lease
    {
        get;
        init => field = InRange(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1), nameof(Lease), "100 milliseconds to 1 day");
    } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long an idle worker waits before it looks again by itself. What no NOTIFY announces is found by that: delayed
    /// jobs, retries, ended leases. 10 milliseconds to 1 day; 1 second by default.
    /// </summary>
    public TimeSpan PollInterval
    {
        get;
        init => field = InRange(value, TimeSpan.FromMilliseconds(10), TimeSpan.FromDays(1), nameof(PollInterval), "10 milliseconds to 1 day");
    } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Whether the worker keeps a connection on which it listens for NOTIFY. False where connections go through a pooler
    /// in transaction mode, which loses them: polling does all then. True by default.
    /// </summary>
    public bool Listen { get; init; } = true;

    /// <summary>
    /// How long running jobs get to end when the worker is stopped; then their handlers are cancelled and the jobs
    /// returned, without counting the attempt. 0 to 1 day; 20 seconds by default.
    /// </summary>
    public TimeSpan DrainTimeout
    {
        get;
        init => field = InRange(value, TimeSpan.Zero, TimeSpan.FromDays(1), nameof(DrainTimeout), "zero to 1 day");
    } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Whether a dead letter holds back the later jobs of its key until it is requeued or discarded. False by default:
    /// they go on without it.
    /// </summary>
    public bool DeadLettersHoldKey { get; init; }

    /// <summary>The transaction in which handler and completion run: isolation, bounds on waiting, how often a deadlock's victim is run again within one attempt.</summary>
    public AtomicOptions Transaction
    {
        get;
        init => field = value ?? throw new ArgumentNullException(nameof(value));
    } = AtomicOptions.Default;

    /// <summary>How payloads are read; <see cref="JsonSerializerOptions.Default"/> by default.</summary>
    public JsonSerializerOptions? Json { get; init; }

    private static int InRange(int value, int max, string name) => value >= 1 && value <= max
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} is a number from 1 to {max}.");

    private static TimeSpan InRange(TimeSpan value, TimeSpan min, TimeSpan max, string name, string range) => value >= min && value <= max
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} is a time from {range}.");
}
