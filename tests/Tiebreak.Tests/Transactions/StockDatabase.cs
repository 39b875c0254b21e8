using System.Diagnostics;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Npgsql.EntityFrameworkCore.PostgreSQL.Infrastructure;
using Tiebreak.Testing;

namespace Tiebreak.Tests.Transactions;

/// <summary>A database for one test class. Tests run beside each other, each on stocks of its own.</summary>
public sealed class StockDatabase(PostgresCluster cluster) : IAsyncLifetime
{
    private NpgsqlDataSource? _source;
    private int _stocks;

    internal NpgsqlDataSource Source => _source!;

    internal string ConnectionString { get; private set; } = "";

    internal IDbContextFactory<StockContext> Contexts { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        ConnectionString = await cluster.CreateDatabaseAsync("stock");
        _source = NpgsqlDataSource.Create(ConnectionString);
        Contexts = ContextsOn(_source);
        await using var context = await Contexts.CreateDbContextAsync();
        await context.Database.EnsureCreatedAsync();

        await ExecuteAsync("CREATE TABLE clock (by interval NOT NULL); INSERT INTO clock VALUES (interval '0')");
        await ExecuteAsync("CREATE FUNCTION raise_error(state text) RETURNS void LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION USING ERRCODE = state; END'");

        // Connections opened from now on find a deadlock within milliseconds, where the default is a second.
        await ExecuteAsync($"ALTER DATABASE \"{new NpgsqlConnectionStringBuilder(ConnectionString).Database}\" SET deadlock_timeout = '10ms'");
        _source.Clear();
    }

    /// <summary>Contexts whose guards take the time from the database's clock and what <see cref="SetClockAsync"/> adds to it.</summary>
    internal IDbContextFactory<StockContext> ClockedContexts => new Factory((DbContextOptions<StockContext>)new DbContextOptionsBuilder<StockContext>()
        .UseNpgsql(Source).UseTiebreak().UseDecisionTime("clock_timestamp() + (SELECT by FROM clock)").Options);

    /// <summary>How far the clock of <see cref="ClockedContexts"/> is ahead of the system's.</summary>
    internal Task SetClockAsync(TimeSpan by) => ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"UPDATE clock SET by = interval '{by.TotalSeconds} s'"));

    internal static IDbContextFactory<StockContext> ContextsOn(NpgsqlDataSource source, Action<NpgsqlDbContextOptionsBuilder>? configure = null) =>
        new Factory(new DbContextOptionsBuilder<StockContext>().UseNpgsql(source, configure).UseTiebreak().Options);

    /// <summary>A stock that no other test uses.</summary>
    internal async Task<int> NewStockAsync(int quantity)
    {
        var id = Interlocked.Increment(ref _stocks);
        await ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"INSERT INTO stocks VALUES ({id}, {quantity})"));
        return id;
    }

    internal async Task<int> QuantityAsync(int id) => (int)(await ScalarAsync(string.Create(CultureInfo.InvariantCulture, $"SELECT quantity FROM stocks WHERE id = {id}")))!;

    internal async Task ExecuteAsync(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    internal async Task<object?> ScalarAsync(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }

    /// <summary>A connection in a transaction that holds the stock's row.</summary>
    internal async Task<RowHolder> HoldAsync(int id)
    {
        var connection = await Source.OpenConnectionAsync();
        var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand(string.Create(CultureInfo.InvariantCulture, $"SELECT FROM stocks WHERE id = {id} FOR UPDATE"), connection, transaction);
        await command.ExecuteNonQueryAsync();
        return new RowHolder(connection, transaction);
    }

    /// <summary>Comes back once so many backends wait behind this one; fails after 30 seconds.</summary>
    internal Task UntilWaitingBehindAsync(int pid, int count = 1) =>
        UntilAsync(string.Create(CultureInfo.InvariantCulture, $"SELECT count(*) >= {count} FROM pg_stat_activity WHERE {pid} = ANY (pg_blocking_pids(pid))"));

    /// <summary>Comes back once the query says true; fails after 30 seconds.</summary>
    internal async Task UntilAsync(string sql)
    {
        var watch = Stopwatch.StartNew();
        while (await ScalarAsync(sql) is not true)
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), "Waited 30 s in vain for: " + sql);
            await Task.Delay(5);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_source is not null)
        {
            await _source.DisposeAsync();
        }
    }

    private sealed class Factory(DbContextOptions<StockContext> options) : IDbContextFactory<StockContext>
    {
        public StockContext CreateDbContext() => new(options);
    }
}

/// <summary>Holds a row's lock until it is disposed.</summary>
internal sealed class RowHolder(NpgsqlConnection connection, NpgsqlTransaction transaction) : IAsyncDisposable
{
    public int Pid => connection.ProcessID;

    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await connection.DisposeAsync();
    }
}
