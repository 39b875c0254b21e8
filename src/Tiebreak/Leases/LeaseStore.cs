using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Tiebreak.Transactions;

namespace Tiebreak.Leases;

/// <summary>
/// Leases by name: locks that are held across transactions, connections and minutes, and that come free by themselves
/// when their holder dies. With more than one permit a name is a semaphore. For any number of processes on one database.
/// </summary>
/// <remarks>
/// Each step is a short statement on a connection of its own, committed by itself: no connection is kept while a lease is
/// held, and a transaction of the surroundings is not joined. Works with connection poolers and with a retrying
/// execution strategy. One instance serves the whole application and any number of threads; it owns nothing to dispose
/// of. Who waits is not served in order. Needs <c>modelBuilder.UseLeases()</c>.
/// <code>
/// await using var lease = await leases.AcquireAsync("nightly-report", cancellationToken: ct);
/// await WriteReportAsync(lease.Lost);
/// </code>
/// </remarks>
/// <typeparam name="TContext">The application's context.</typeparam>
public sealed class LeaseStore<TContext>
    where TContext : DbContext
{
    private const int MaxPermits = 1000;

    private readonly LeaseStatements<TContext> _statements;
    private readonly LeaseOptions _options;
    private readonly TimeProvider _time;

    /// <summary>Creates the store.</summary>
    /// <param name="contexts">Makes a context for each statement.</param>
    /// <param name="options">Times and names; the defaults when left out.</param>
    /// <param name="time">For pauses and the monotonic clock behind <see cref="Lease.Lost"/>; the system's when left out. Expiry is the database's clock alone.</param>
    /// <exception cref="ArgumentOutOfRangeException">Two of the options do not go together.</exception>
    public LeaseStore(IDbContextFactory<TContext> contexts, LeaseOptions? options = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(contexts);
        _options = options ?? new LeaseOptions();
        LeaseOptions.Check(_options);
        _time = time ?? TimeProvider.System;
        _statements = new LeaseStatements<TContext>(contexts);
    }

    /// <summary>Takes the lease if it is to be had at this moment. One round trip, three the first time of a name; never waits for others.</summary>
    /// <param name="name">What is to be held. 1 to 200 characters, case matters.</param>
    /// <param name="permits">
    /// How many may hold the name at once; 1 to 1,000. All callers should say the same: one takes a place from 1 to its
    /// own number, so while callers differ the greatest number bounds them all, and after it was lowered, holders of
    /// higher places stay until they release.
    /// </param>
    /// <param name="cancellationToken">Gives up. What may have been taken meanwhile is given back, or runs out.</param>
    /// <returns>The lease, which the caller disposes of; <see langword="null"/> where others hold all places.</returns>
    /// <exception cref="ConnectionLostException">The database cannot be reached. What may have been taken is given back, or runs out.</exception>
    /// <exception cref="InvalidOperationException">The model has no leases.</exception>
    public Task<Lease?> TryAcquireAsync(string name, int permits = 1, CancellationToken cancellationToken = default)
    {
        LeaseOptions.CheckedName(name, nameof(name));
        CheckPermits(permits);
        return AttemptAsync(name, permits, cancellationToken);
    }

    /// <summary>Takes the lease, and waits for it as long as is allowed, looking again and again.</summary>
    /// <param name="name">What is to be held. 1 to 200 characters, case matters.</param>
    /// <param name="permits">How many may hold the name at once, as of <see cref="TryAcquireAsync"/>.</param>
    /// <param name="wait">How long to wait, 0 to 1 hour; <see cref="LeaseOptions.AcquireWait"/> when left out.</param>
    /// <param name="cancellationToken">Gives up. What may have been taken meanwhile is given back, or runs out.</param>
    /// <returns>The lease, which the caller disposes of.</returns>
    /// <exception cref="LeaseHeldException">Others held all places for longer than the wait. Nothing was taken; try again.</exception>
    /// <exception cref="ConnectionLostException">The database cannot be reached. What may have been taken is given back, or runs out.</exception>
    /// <exception cref="InvalidOperationException">The model has no leases.</exception>
    public async Task<Lease> AcquireAsync(string name, int permits = 1, TimeSpan? wait = null, CancellationToken cancellationToken = default)
    {
        LeaseOptions.CheckedName(name, nameof(name));
        CheckPermits(permits);
        var bound = wait is null ? _options.AcquireWait : LeaseOptions.CheckedWait(wait.Value, nameof(wait));
        var begun = _time.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            if (await AttemptAsync(name, permits, cancellationToken).ConfigureAwait(false) is { } lease)
            {
                return lease;
            }

            var left = bound - _time.GetElapsedTime(begun);
            if (left <= TimeSpan.Zero)
            {
                var holders = await _statements.HoldersAsync(name, permits, cancellationToken).ConfigureAwait(false);
                throw new LeaseHeldException(name, holders, attempt, _time.GetElapsedTime(begun));
            }

            var pause = Pause();
            await Task.Delay(pause < left ? pause : left, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<Lease?> AttemptAsync(string name, int permits, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var acquisition = Guid.NewGuid();
        try
        {
            for (var added = false; ; added = true)
            {
                var sentAt = _time.GetTimestamp();
                var (sql, attempt) = await _statements.AcquireAsync(name, permits, acquisition, _options.Holder, _options.Duration, cancellationToken).ConfigureAwait(false);
                if (attempt.Taken is not null)
                {
                    return new Lease(_statements, sql, attempt, _options, _time, sentAt);
                }

                if (added || attempt.Slots >= permits)
                {
                    return null;
                }

                await _statements.AddSlotsAsync(sql, name, permits, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (SqlStates.Find(exception) is { } error && SqlStates.IsTransactionConflict(error))
        {
            // A server or role whose default is REPEATABLE READ or above says so where two meet.
            return null;
        }
        catch (Exception exception) when (LeaseFailures.LeaveOpenWhatHappened(exception))
        {
            await GiveBackAsync(name, acquisition).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The answer to a request is lost, and the lease may have been taken: nobody would release it.</summary>
    private async Task GiveBackAsync(string name, Guid acquisition)
    {
        using var bound = new CancellationTokenSource(LeaseOptions.ReleaseWait, _time);
        try
        {
            await _statements.GiveBackAsync(name, acquisition, bound.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (LeaseFailures.IsOfDatabase(exception))
        {
            // It runs out by itself. The caller is told of the first failure.
        }
    }

    private static void CheckPermits(int permits)
    {
        if (permits is < 1 or > MaxPermits)
        {
            throw new ArgumentOutOfRangeException(nameof(permits), permits, "permits is a number from 1 to 1,000: how many may hold the name at once.");
        }
    }

    private TimeSpan Pause() => _options.PollEvery * (RandomNumberGenerator.GetInt32(500, 1001) / 1000d);
}
