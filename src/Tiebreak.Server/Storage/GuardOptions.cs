using Microsoft.EntityFrameworkCore;
using Tiebreak.Lanes;
using Tiebreak.Operations;
using Tiebreak.Server.Settings;
using Tiebreak.Server.Systems;
using Tiebreak.Transactions;

namespace Tiebreak.Server.Storage;

/// <summary>How changes are kept apart. Section <c>Guard</c> of the configuration.</summary>
internal sealed class GuardOptions
{
    public const string Section = "Guard";

    private const string Lane = "lane";
    private const string RowLock = "row-lock";

    /// <summary>
    /// <c>lane</c>: many changes are decided in one transaction. <c>row-lock</c>: each has its own. Both are right with
    /// any number of servers, also when these differ. <c>lane</c> by default.
    /// </summary>
    public string Kind { get; set; } = Lane;

    /// <summary>How long a change waits for a lock before it is answered with <c>busy</c>. 1 ms to 1 hour; 3 seconds by default.</summary>
    public TimeSpan LockWait { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Of row locks: how long a change waits for its turn before it is answered with <c>busy</c>. 1 ms to 1 hour; 30 seconds by default.</summary>
    public TimeSpan QueueWait { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Of row locks: how many changes are in a transaction at once, each with a connection. 1 to 10,000; 48 by default.</summary>
    public int MaxConcurrency { get; set; } = 48;

    /// <summary>Of lanes: how many there are, each with a connection. 1 to 256; by default one for two processors, 1 to 4.</summary>
    public int Lanes { get; set; } = LaneGuardOptions.DefaultLanes;

    /// <summary>Of lanes: how many changes one transaction decides at most. 1 to 10,000; 1,000 by default.</summary>
    public int BatchLimit { get; set; } = 1_000;

    /// <summary>Of lanes: how many changes may wait in one before the next is answered with <c>busy</c>. 1 to 10,000,000; 10,000 by default.</summary>
    public int QueueLimit { get; set; } = 10_000;

    /// <summary>Of lanes: whether a transaction decides changes of one key only. <see langword="false"/> by default.</summary>
    public bool OneKeyABatch { get; set; }

    /// <summary>How many connections the guard holds at most.</summary>
    public int Connections => Kind == Lane ? ForLanes().Connections : MaxConcurrency;

    private AtomicOptions Transaction => AtomicOptions.Default with { LockWait = LockWait, ReadsByIndex = true };

    /// <summary>Reads the section.</summary>
    /// <exception cref="SettingsException">A setting is not of its kind or out of its range.</exception>
    public static GuardOptions Read(IConfiguration configuration)
    {
        try
        {
            var options = configuration.GetSection(Section).Get<GuardOptions>() ?? new GuardOptions();
            if (options.Kind is not (Lane or RowLock))
            {
                throw new InvalidOperationException($"Kind is '{Lane}' or '{RowLock}', and not '{options.Kind}'.");
            }

            _ = options.ForLanes();
            _ = options.ForRowLocks();
            return options;
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            throw new SettingsException($"The settings under {Section} cannot be used: {exception.Message}", exception);
        }
    }

    /// <summary>Makes the guard that every operation runs under.</summary>
    public IGuard<SystemDb> Create(IDbContextFactory<SystemDb> contexts, TimeProvider time) => Kind == Lane
        ? new LaneGuard<SystemDb>(contexts, ForLanes(), time)
        : new RowLockGuard<SystemDb>(contexts, ForRowLocks(), time);

    private LaneGuardOptions ForLanes() =>
        new() { Transaction = Transaction, Lanes = Lanes, BatchLimit = BatchLimit, QueueLimit = QueueLimit, OneKeyABatch = OneKeyABatch };

    private TransactionGuardOptions ForRowLocks() =>
        new() { Transaction = Transaction, MaxConcurrency = MaxConcurrency, QueueWait = QueueWait };
}
