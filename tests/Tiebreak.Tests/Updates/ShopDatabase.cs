using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;
using Npgsql.EntityFrameworkCore.PostgreSQL.Infrastructure;
using Tiebreak.Testing;

namespace Tiebreak.Tests.Updates;

/// <summary>A database for one test class. Tests run beside each other, each on rows of its own.</summary>
public sealed class ShopDatabase(PostgresCluster cluster) : IAsyncLifetime
{
    private NpgsqlDataSource? _source;
    private int _ids;

    internal NpgsqlDataSource Source => _source!;

    internal IDbContextFactory<ShopContext> Contexts { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _source = NpgsqlDataSource.Create(await cluster.CreateDatabaseAsync("shop"));
        Contexts = new Factory(this);
        await using var context = Open();
        await context.Database.EnsureCreatedAsync();
    }

    /// <summary>A context with Tiebreak, which writes what it sends into <paramref name="sent"/>.</summary>
    internal ShopContext Open(
        ConcurrentQueue<string>? sent = null,
        Action<NpgsqlDbContextOptionsBuilder>? npgsql = null,
        Action<DbContextOptionsBuilder<ShopContext>>? configure = null)
    {
        var options = new DbContextOptionsBuilder<ShopContext>().UseNpgsql(_source!, npgsql).UseTiebreak();
        if (sent is not null)
        {
            options.LogTo(sent.Enqueue, [RelationalEventId.CommandExecuting]);
        }

        configure?.Invoke(options);
        return new ShopContext(options.Options);
    }

    internal int NewId() => Interlocked.Increment(ref _ids);

    /// <summary>Saves one row that no other test uses.</summary>
    internal async Task<TEntity> AddAsync<TEntity>(TEntity entity)
        where TEntity : class
    {
        await using var context = Open();
        context.Add(entity);
        await context.SaveChangesAsync();
        return entity;
    }

    internal async Task<object?> ScalarAsync(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }

    /// <summary>Comes back once so many backends wait for a lock that this one holds; fails after 30 seconds.</summary>
    internal async Task UntilWaitingBehindAsync(ShopContext holder, int count = 1)
    {
        var pid = ((NpgsqlConnection)holder.Database.GetDbConnection()).ProcessID;
        var watch = Stopwatch.StartNew();
        while (await ScalarAsync($"SELECT count(*) >= {count} FROM pg_stat_activity WHERE {pid} = ANY (pg_blocking_pids(pid))") is not true)
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), "Nobody came to wait.");
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

    private sealed class Factory(ShopDatabase database) : IDbContextFactory<ShopContext>
    {
        public ShopContext CreateDbContext() => database.Open();
    }
}
