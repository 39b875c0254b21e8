using System.Transactions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using Tiebreak.Transactions;

namespace Tiebreak.Leases;

/// <summary>Runs the statements, each on a connection of its own and committed by itself.</summary>
internal sealed class LeaseStatements<TContext>(IDbContextFactory<TContext> contexts) : ILeaseStatements
    where TContext : DbContext
{
    private volatile LeaseSql? _sql;

    public Task<(LeaseSql Sql, LeaseAttempt Attempt)> AcquireAsync(
        string name, int permits, Guid acquisition, string holder, TimeSpan duration, CancellationToken cancellationToken) =>
        OnConnectionAsync(
            async (connection, context, token) =>
            {
                var sql = SqlOf(context);
                var command = Command(connection, sql.Acquire, [new("name", name), new("permits", permits), new("acquisition", acquisition), new("holder", holder), new("duration", duration)]);
                await using (command.ConfigureAwait(false))
                {
                    var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
                    await using (reader.ConfigureAwait(false))
                    {
                        await reader.ReadAsync(token).ConfigureAwait(false);
                        var attempt = await reader.IsDBNullAsync(0, token).ConfigureAwait(false)
                            ? new LeaseAttempt(null, default, reader.GetInt64(3))
                            : new LeaseAttempt(new LeaseId(name, reader.GetInt32(0), reader.GetInt64(1), acquisition), reader.GetFieldValue<DateTimeOffset>(2), permits);
                        return (sql, attempt);
                    }
                }
            },
            cancellationToken);

    public Task AddSlotsAsync(LeaseSql sql, string name, int permits, CancellationToken cancellationToken) =>
        ExecuteAsync(sql.AddSlots, [new("name", name), new("permits", permits)], cancellationToken);

    public Task GiveBackAsync(string name, Guid acquisition, CancellationToken cancellationToken) =>
        _sql is { } sql ? ExecuteAsync(sql.GiveBack, [new("name", name), new("acquisition", acquisition)], cancellationToken) : Task.CompletedTask;

    public Task<IReadOnlyList<string>> HoldersAsync(string name, int permits, CancellationToken cancellationToken) =>
        OnConnectionAsync<IReadOnlyList<string>>(
            async (connection, context, token) =>
            {
                var holders = new List<string>();
                var command = Command(connection, SqlOf(context).Holders, [new("name", name), new("permits", permits)]);
                await using (command.ConfigureAwait(false))
                {
                    var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
                    await using (reader.ConfigureAwait(false))
                    {
                        while (await reader.ReadAsync(token).ConfigureAwait(false))
                        {
                            holders.Add(reader.GetString(0));
                        }
                    }
                }

                return holders;
            },
            cancellationToken);

    public Task<DateTimeOffset?> RenewAsync(LeaseSql sql, LeaseId id, TimeSpan duration, CancellationToken cancellationToken) =>
        OnConnectionAsync<DateTimeOffset?>(
            async (connection, _, token) =>
            {
                var command = Command(connection, sql.Renew, [.. LeaseParameters.Of(id), new("duration", duration)]);
                await using (command.ConfigureAwait(false))
                {
                    var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
                    await using (reader.ConfigureAwait(false))
                    {
                        return await reader.ReadAsync(token).ConfigureAwait(false) ? reader.GetFieldValue<DateTimeOffset>(0) : null;
                    }
                }
            },
            cancellationToken);

    public Task ReleaseAsync(LeaseSql sql, LeaseId id, CancellationToken cancellationToken) =>
        ExecuteAsync(sql.Release, LeaseParameters.Of(id), cancellationToken);

    private Task<int> ExecuteAsync(string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken) =>
        OnConnectionAsync(
            async (connection, _, token) =>
            {
                // A retried execution needs parameters that no other command owns.
                var command = Command(connection, sql, [.. parameters.Select(parameter => parameter.Clone())]);
                await using (command.ConfigureAwait(false))
                {
                    return await command.ExecuteNonQueryAsync(token).ConfigureAwait(false);
                }
            },
            cancellationToken);

    /// <summary>
    /// Retried by the context's own strategy where it has one: each statement may run twice. A transaction of the
    /// surroundings is left out: it would keep the row locked to its end, and take back with its rollback what others
    /// have been told.
    /// </summary>
    private async Task<T> OnConnectionAsync<T>(Func<NpgsqlConnection, TContext, CancellationToken, Task<T>> run, CancellationToken cancellationToken)
    {
        using var outside = new TransactionScope(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled);
        var context = await contexts.CreateDbContextAsync(cancellationToken).ConfigureAwait(false);
        await using (context.ConfigureAwait(false))
        {
            // One that does not retry would only wrap the driver's errors.
            var strategy = context.Database.CreateExecutionStrategy();
            try
            {
                return strategy.RetriesOnFailure
                    ? await strategy.ExecuteAsync(token => OnceAsync(context, run, token), cancellationToken).ConfigureAwait(false)
                    : await OnceAsync(context, run, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (ConnectionLoss.IsToldBy(exception, isBroken: false) && ExecutionStrategy.Current is not { RetriesOnFailure: true })
            {
                throw new ConnectionLostException(
                    "The connection to the leases' database could not be had, or was lost. What this call may have taken is given back, or runs out by itself; a lease that is held stays held until it runs out.", exception);
            }
        }
    }

    private static async Task<T> OnceAsync<T>(TContext context, Func<NpgsqlConnection, TContext, CancellationToken, Task<T>> run, CancellationToken cancellationToken)
    {
        await context.Database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await run((NpgsqlConnection)context.Database.GetDbConnection(), context, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await context.Database.CloseConnectionAsync().ConfigureAwait(false);
        }
    }

    private LeaseSql SqlOf(TContext context)
    {
        var sql = _sql;
        if (sql is null || sql.Model != context.Model)
        {
            _sql = sql = LeaseSql.Of(context);
        }

        return sql;
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        return command;
    }
}
