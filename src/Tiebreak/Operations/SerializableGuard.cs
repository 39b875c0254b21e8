using System.Data;
using Microsoft.EntityFrameworkCore;
using Tiebreak.Transactions;

namespace Tiebreak.Operations;

/// <summary>
/// Runs each request in a SERIALIZABLE transaction that locks nothing: PostgreSQL ends one of two that together would
/// have no order one after the other, and it is run again on fresh rows.
/// </summary>
/// <remarks>
/// Right with any number of processes as long as every transaction that changes the rows <b>or decides by them</b> is
/// SERIALIZABLE too. It needs no keys and no subjects. Where many contend for one row most attempts are thrown away:
/// bound <see cref="TransactionGuardOptions.MaxConcurrency"/> and allow many attempts. Not across the nodes of Citus.
/// </remarks>
/// <typeparam name="TContext">The application's context.</typeparam>
public sealed class SerializableGuard<TContext> : TransactionGuard<TContext>
    where TContext : DbContext
{
    /// <summary>Creates the guard. One instance serves the whole application.</summary>
    /// <param name="contexts">Makes the context of each attempt.</param>
    /// <param name="options">Bounds; the isolation level in it is not looked at. 4 at once with 20 attempts when left out.</param>
    /// <param name="time">Measures waits and pauses; the system's clock when left out. The time of decisions is the database's.</param>
    public SerializableGuard(IDbContextFactory<TContext> contexts, TransactionGuardOptions? options = null, TimeProvider? time = null)
        : base(contexts, At(IsolationLevel.Serializable, options), Protection.None, time)
    {
    }

    /// <summary>The options at an isolation level that makes PostgreSQL refuse what others have changed.</summary>
    internal static TransactionGuardOptions At(IsolationLevel level, TransactionGuardOptions? options)
    {
        options ??= new TransactionGuardOptions { MaxConcurrency = 4, Transaction = AtomicOptions.Default with { MaxAttempts = 20 } };
        return options with { Transaction = options.Transaction with { IsolationLevel = level } };
    }
}
