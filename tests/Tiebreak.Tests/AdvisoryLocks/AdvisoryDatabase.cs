using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using Tiebreak.AdvisoryLocks;
using Tiebreak.Tests.Transactions;

namespace Tiebreak.Tests.AdvisoryLocks;

/// <summary>What the tests of advisory locks ask the database, by connections of their own.</summary>
internal static class AdvisoryDatabase
{
    private static int _names;

    /// <summary>A name that no other test uses.</summary>
    public static string NewName() => string.Create(CultureInfo.InvariantCulture, $"test/{Interlocked.Increment(ref _names)}");

    /// <summary>Holds a key by hand, in a session and transaction of its own, until it is disposed.</summary>
    public static async Task<RowHolder> HoldAsync(this StockDatabase database, AdvisoryKey key, string function = "pg_advisory_xact_lock")
    {
        var connection = await database.Source.OpenConnectionAsync();
        var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand($"SELECT {function}($1)", connection, transaction) { Parameters = { new() { Value = key.Value } } };
        await command.ExecuteNonQueryAsync();
        return new RowHolder(connection, transaction);
    }

    /// <summary>Whether a stranger gets the key right now.</summary>
    public static async Task<bool> IsFreeAsync(this StockDatabase database, AdvisoryKey key, bool shared = false)
    {
        await using var connection = await database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand($"SELECT pg_try_advisory_xact_lock{(shared ? "_shared" : "")}($1)", connection, transaction) { Parameters = { new() { Value = key.Value } } };
        return (bool)(await command.ExecuteScalarAsync())!;
    }

    public static Task UntilFreeAsync(this StockDatabase database, AdvisoryKey key) =>
        database.UntilAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"SELECT NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND (classid::bigint << 32 | objid::bigint) = {key.Value})"));

    /// <summary>A context in a transaction.</summary>
    public static async Task<(StockContext Context, IDbContextTransaction Transaction)> BeginAsync(this StockDatabase database)
    {
        var context = await database.Contexts.CreateDbContextAsync();
        return (context, await context.Database.BeginTransactionAsync());
    }

    public static async Task<string> SettingAsync(this StockContext context, string name) =>
        await context.Database.SqlQueryRaw<string>("SELECT current_setting({0}) AS \"Value\"", name).SingleAsync();

    public static int Pid(this StockContext context) => ((NpgsqlConnection)context.Database.GetDbConnection()).ProcessID;
}
