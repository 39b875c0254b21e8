using System.Data;
using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Transactions;

namespace Tiebreak.AdvisoryLocks;

/// <summary>One call below <see cref="AdvisoryLockExtensions"/>: keys in order, on the context's own transaction.</summary>
internal sealed class TransactionLock(DbContext context, IReadOnlyList<AdvisoryKey> keys, AdvisoryLockMode mode)
{
    private readonly long _begun = TimeProvider.System.GetTimestamp();

    public async Task LockAsync(TimeSpan? wait, CancellationToken cancellationToken)
    {
        try
        {
            await OnConnectionAsync(wait is { } bound ? WaitAsync(bound) : SendAsync(), cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            throw new LockTimeoutException(attempts: 1, TimeProvider.System.GetElapsedTime(_begun), error) { Keys = AdvisoryKeys.Names(keys) };
        }
    }

    public async Task<bool> TryAsync(TimeSpan? wait, CancellationToken cancellationToken)
    {
        try
        {
            return await OnConnectionAsync(wait is { } bound ? WaitAsync(bound) : keys.Count == 1 ? TryOneAsync() : TryAllAsync(), cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException error) when (wait is not null && error.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            return false;
        }
    }

    /// <summary>Opens the connection where nobody has: a TransactionScope's lock lives on while it is closed again.</summary>
    private async Task<bool> OnConnectionAsync(Func<CancellationToken, Task<bool>> take, CancellationToken cancellationToken)
    {
        TransactionCheck.RequirePostgres(context);
        await context.Database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            TransactionCheck.RequireTransaction(context, keys);
            return await take(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await context.Database.CloseConnectionAsync().ConfigureAwait(false);
        }
    }

    private Func<CancellationToken, Task<bool>> SendAsync() => async cancellationToken =>
    {
        var batch = Batch(isTry: false);
        await using (batch.ConfigureAwait(false))
        {
            await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
    };

    private Func<CancellationToken, Task<bool>> TryOneAsync() => async cancellationToken =>
    {
        var batch = Batch(isTry: true);
        await using (batch.ConfigureAwait(false))
        {
            return (bool)(await batch.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
        }
    };

    private Func<CancellationToken, Task<bool>> TryAllAsync() => cancellationToken => LockSavepoint.RunAsync(context, async savepoint =>
    {
        var batch = Batch(isTry: true, savepoint);
        await using (batch.ConfigureAwait(false))
        {
            var answers = await AnswersAsync(batch, cancellationToken).ConfigureAwait(false);
            return answers.TrueForAll(answer => answer is true) ? LockSavepoint.Keep : LockSavepoint.GiveBack;
        }
    });

    private Func<CancellationToken, Task<bool>> WaitAsync(TimeSpan wait) => cancellationToken => LockSavepoint.RunAsync(context, async savepoint =>
    {
        var batch = Batch(isTry: false, savepoint, LockSavepoint.ReadLockTimeout, LockSavepoint.SetLockTimeout(wait));
        await using (batch.ConfigureAwait(false))
        {
            LetTheServerTimeOutFirst(batch, wait);
            var answers = await AnswersAsync(batch, cancellationToken).ConfigureAwait(false);
            return LockSavepoint.KeepAndPutBack((string)answers[0]!);
        }
    });

    /// <summary>A statement a key: they run in this order, and still travel together.</summary>
    private DbBatch Batch(bool isTry, params IEnumerable<SqlStatement> before) =>
        SqlStatement.Batch(context, before.Concat(keys.Select(key => new SqlStatement(AdvisoryFunctions.Transaction(mode, isTry), key.Value))));

    private void LetTheServerTimeOutFirst(DbBatch batch, TimeSpan wait)
    {
        var needed = (int)Math.Min(int.MaxValue / 1000, Math.Ceiling(wait.TotalSeconds * keys.Count) + 1);
        if (batch.Timeout > 0 && batch.Timeout < needed)
        {
            batch.Timeout = needed;
        }
    }

    private static async Task<List<object?>> AnswersAsync(DbBatch batch, CancellationToken cancellationToken)
    {
        var answers = new List<object?>();
        var reader = await batch.ExecuteReaderAsync(CommandBehavior.Default, cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            do
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    answers.Add(reader.IsDBNull(0) ? null : reader.GetValue(0));
                }
            }
            while (await reader.NextResultAsync(cancellationToken).ConfigureAwait(false));
        }

        return answers;
    }
}
