using System.Globalization;
using System.Security.Cryptography;

namespace Tiebreak.Leases;

/// <summary>How leases are taken and kept. Immutable; one instance may serve any number of threads.</summary>
public sealed record LeaseOptions
{
    /// <summary>The most characters that a lease's or a holder's name has.</summary>
    internal const int MaxNameLength = 200;

    /// <summary>How long a release, or the giving back of what may have been taken, may take: the lease runs out anyway.</summary>
    internal static readonly TimeSpan ReleaseWait = TimeSpan.FromSeconds(5);

    private static readonly string Process = string.Create(
        CultureInfo.InvariantCulture, $"{Environment.MachineName}/{Environment.ProcessId}/{RandomNumberGenerator.GetHexString(8, lowercase: true)}");

    /// <summary>
    /// How long a lease lasts from its last renewal, by the database's clock: after a crash of the holder, others wait
    /// so long. All who use a name should use the same. 100 ms to 1 day; 30 seconds by default.
    /// </summary>
    public TimeSpan Duration
    {
        get;
        init => field = Between(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1), nameof(Duration), "from 100 milliseconds to 1 day");
    } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How often a lease is renewed in the background. Shorter than <see cref="Duration"/> less
    /// <see cref="SafetyMargin"/>, and at least 10 ms; a third of the duration by default.
    /// <see cref="Timeout.InfiniteTimeSpan"/>: never, only by <see cref="Lease.RenewAsync"/>.
    /// </summary>
    public TimeSpan RenewEvery
    {
        get => field == TimeSpan.Zero ? Duration / 3 : field;
        init => field = value == Timeout.InfiniteTimeSpan
            ? value
            : Between(value, TimeSpan.FromMilliseconds(10), TimeSpan.FromDays(1), nameof(RenewEvery), "of at least 10 milliseconds and less than Duration - SafetyMargin, or Timeout.InfiniteTimeSpan");
    }

    /// <summary>
    /// How much sooner than others can have the lease its holder is told that it is lost. It has to cover the time to
    /// stop, and by how much the holder's clock may run slower than the database's over one <see cref="Duration"/> (the
    /// difference between the clocks does not matter). 10 ms to half of the duration; a tenth of it by default.
    /// </summary>
    public TimeSpan SafetyMargin
    {
        get => field == TimeSpan.Zero ? Duration / 10 : field;
        init => field = Between(value, TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(12), nameof(SafetyMargin), "from 10 milliseconds to half of Duration");
    }

    /// <summary>
    /// Who holds the lease, for people that look into the table; it decides nothing. 1 to 200 characters; machine,
    /// process and a random number by default.
    /// </summary>
    public string Holder
    {
        get;
        init => field = CheckedName(value, nameof(Holder));
    } = Process;

    /// <summary>How long <c>AcquireAsync</c> waits. 0 (once) to 1 hour; 30 seconds by default.</summary>
    public TimeSpan AcquireWait
    {
        get;
        init => field = CheckedWait(value, nameof(AcquireWait));
    } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The longest pause between two looks of who waits; each pause is drawn evenly between half of it and all of it, so
    /// that many who wait do not come at once. 1 ms to 1 minute; 250 ms by default.
    /// </summary>
    public TimeSpan PollEvery
    {
        get;
        init => field = Between(value, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1), nameof(PollEvery), "from 1 millisecond to 1 minute");
    } = TimeSpan.FromMilliseconds(250);

    internal static TimeSpan CheckedWait(TimeSpan value, string name) => Between(value, TimeSpan.Zero, TimeSpan.FromHours(1), name, "from zero to 1 hour");

    internal static string CheckedName(string value, string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(value, name);
        return value.Length <= MaxNameLength && !value.Contains('\0', StringComparison.Ordinal)
            ? value
            : throw new ArgumentException($"{name} is a text of 1 to {MaxNameLength} characters without the character 0.", name);
    }

    /// <summary>Checks what depends on two of the options, once all are set.</summary>
    internal static void Check(LeaseOptions options)
    {
        if (options.SafetyMargin > options.Duration / 2)
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.SafetyMargin, $"SafetyMargin is a time from 10 milliseconds to half of Duration, which is {options.Duration}.");
        }

        if (options.RenewEvery >= options.Duration - options.SafetyMargin)
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.RenewEvery, $"RenewEvery is a time less than Duration - SafetyMargin, which is {options.Duration - options.SafetyMargin}.");
        }
    }

    private static TimeSpan Between(TimeSpan value, TimeSpan least, TimeSpan most, string name, string range) =>
        value >= least && value <= most
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} is a time {range}.");
}
