using Tiebreak.Operations;
using Tiebreak.Transactions;

namespace Tiebreak.Server.Storage;

/// <summary>How changes are kept apart. Section <c>Guard</c> of the configuration.</summary>
internal sealed class GuardOptions
{
    public const string Section = "Guard";

    /// <summary>How long a change waits for a lock before it is answered with <c>busy</c>. 1 ms to 1 hour; 3 seconds by default.</summary>
    public TimeSpan LockWait { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a change waits for its turn before it is answered with <c>busy</c>. 1 ms to 1 hour; 30 seconds by default.</summary>
    public TimeSpan QueueWait { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How many changes are in a transaction at once, each with a connection. 1 to 10,000; 48 by default.</summary>
    public int MaxConcurrency { get; set; } = 48;

    /// <summary>Reads the section.</summary>
    /// <exception cref="SettingsException">A setting is not of its kind or out of its range.</exception>
    public static RowLockGuardOptions Read(IConfiguration configuration)
    {
        try
        {
            var options = configuration.GetSection(Section).Get<GuardOptions>() ?? new GuardOptions();
            return new RowLockGuardOptions
            {
                MaxConcurrency = options.MaxConcurrency,
                QueueWait = options.QueueWait,
                Transaction = AtomicOptions.Default with { LockWait = options.LockWait },
            };
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            throw new SettingsException($"The settings under {Section} cannot be used: {exception.Message}", exception);
        }
    }
}
