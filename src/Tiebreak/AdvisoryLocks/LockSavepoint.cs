using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Tiebreak.AdvisoryLocks;

/// <summary>
/// The savepoint of a call that may come back without its locks. Rolling back to it gives back every lock and setting
/// since then, and mends a transaction that a lock's timeout has broken:
/// https://www.postgresql.org/docs/current/sql-rollback-to.html.
/// </summary>
internal static class LockSavepoint
{
    private const string Name = "tiebreak_advisory_lock";

    private static readonly SqlStatement Set = new($"SAVEPOINT {Name}");
    private static readonly SqlStatement Release = new($"RELEASE SAVEPOINT {Name}");
    private static readonly SqlStatement RollBack = new($"ROLLBACK TO SAVEPOINT {Name}");

    public static SqlStatement ReadLockTimeout { get; } = new("SELECT pg_catalog.current_setting('lock_timeout')");

    /// <summary>The locks are held from now on.</summary>
    public static IReadOnlyList<SqlStatement> Keep { get; } = [Release];

    /// <summary>None is.</summary>
    public static IReadOnlyList<SqlStatement> GiveBack { get; } = [RollBack, Release];

    public static SqlStatement SetLockTimeout(TimeSpan wait) =>
        SetLockTimeout(((long)wait.TotalMilliseconds).ToString(CultureInfo.InvariantCulture));

    public static IReadOnlyList<SqlStatement> KeepAndPutBack(string lockTimeout) => [SetLockTimeout(lockTimeout), Release];

    /// <param name="context">In a transaction.</param>
    /// <param name="take">Sends the savepoint and what follows in one round trip, and answers how to end.</param>
    /// <returns>Whether the locks are held.</returns>
    public static async Task<bool> RunAsync(DbContext context, Func<SqlStatement, Task<IReadOnlyList<SqlStatement>>> take)
    {
        IReadOnlyList<SqlStatement> end;
        try
        {
            end = await take(Set).ConfigureAwait(false);
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.InFailedSqlTransaction)
        {
            // The transaction was broken before; there is no savepoint.
            throw;
        }
        catch
        {
            await TryToGiveBackAsync(context).ConfigureAwait(false);
            throw;
        }

        await SendAsync(context, end).ConfigureAwait(false);
        return end != GiveBack;
    }

    private static async Task TryToGiveBackAsync(DbContext context)
    {
        try
        {
            await SendAsync(context, GiveBack).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException)
        {
            // The connection is gone and the transaction with it. What went wrong first is the error to show.
        }
    }

    /// <summary>Not to be cancelled: half of it would leave a setting behind.</summary>
    private static async Task SendAsync(DbContext context, IReadOnlyList<SqlStatement> statements)
    {
        var batch = SqlStatement.Batch(context, statements);
        await using (batch.ConfigureAwait(false))
        {
            await batch.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static SqlStatement SetLockTimeout(string value) =>
        new("SELECT pg_catalog.set_config('lock_timeout', $1, true)", value);
}
