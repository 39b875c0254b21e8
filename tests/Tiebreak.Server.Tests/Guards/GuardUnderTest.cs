using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Operations;
using Tiebreak.Server.Systems;
using Tiebreak.Transactions;

namespace Tiebreak.Server.Tests.Guards;

/// <summary>A guard that the whole server runs on, for the tests of one class.</summary>
public abstract class GuardUnderTest
{
    // How fast this machine is today, and how often an attempt is thrown away, is not what these tests are about.
    private static readonly AtomicOptions Patient = AtomicOptions.Default with { LockWait = TimeSpan.FromMinutes(1), MaxAttempts = 100 };

    /// <summary>For guards that wait for their turn.</summary>
    internal static TransactionGuardOptions Waiting { get; } = new() { Transaction = Patient, QueueWait = TimeSpan.FromMinutes(5), MaxConcurrency = 16 };

    /// <summary>For guards that throw attempts away.</summary>
    internal static TransactionGuardOptions Trying { get; } = Waiting with { MaxConcurrency = 2 };

    internal abstract IGuard<SystemDb> Create(IDbContextFactory<SystemDb> contexts, NpgsqlDataSource source, TimeProvider time);
}
