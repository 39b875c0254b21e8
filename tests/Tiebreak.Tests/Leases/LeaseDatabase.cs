using System.Diagnostics;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Npgsql.EntityFrameworkCore.PostgreSQL.Infrastructure;
using Tiebreak.Leases;
using Tiebreak.Testing;

namespace Tiebreak.Tests.Leases;

/// <summary>A database for one test class. Tests run beside each other, each on leases and pages of its own.</summary>
public sealed class LeaseDatabase(PostgresCluster cluster) : IAsyncLifetime
{
    private readonly List<NpgsqlDataSource> _sources = [];
    private int _pages;

    /// <summary>Not renewed by itself: time passes only where a test says so.</summary>
    internal static LeaseOptions Still { get; } = new() { RenewEvery = Timeout.InfiniteTimeSpan, PollEvery = TimeSpan.FromMilliseconds(20) };

    internal NpgsqlDataSource Source { get; private set; } = null!;

    internal string ConnectionString { get; private set; } = "";

    internal IDbContextFactory<LeaseContext> Contexts { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        ConnectionString = await cluster.CreateDatabaseAsync("leases");
        Source = NewSource();
        Contexts = ContextsOn(Source);
        await using var context = await Contexts.CreateDbContextAsync();
        await context.Database.EnsureCreatedAsync();
    }

    internal static IDbContextFactory<LeaseContext> ContextsOn(NpgsqlDataSource source, Action<NpgsqlDbContextOptionsBuilder>? npgsql = null) =>
        new Factory(new DbContextOptionsBuilder<LeaseContext>().UseNpgsql(source, npgsql).UseTiebreak().Options);

    /// <summary>As a process of its own has it: its own pool.</summary>
    internal NpgsqlDataSource NewSource()
    {
        var source = NpgsqlDataSource.Create(ConnectionString);
        _sources.Add(source);
        return source;
    }

    /// <summary>An empty database beside this one.</summary>
    internal Task<string> NewDatabaseAsync() => cluster.CreateDatabaseAsync("leases");

    internal LeaseStore<LeaseContext> Store(LeaseOptions? options = null, TimeProvider? time = null) => new(Contexts, options ?? Still, time);

    /// <summary>A page that no other test uses.</summary>
    internal async Task<int> NewPageAsync()
    {
        var id = Interlocked.Increment(ref _pages);
        await ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"INSERT INTO pages VALUES ({id}, '')"));
        return id;
    }

    internal async Task<string> TextOfAsync(int page) => (string)(await ScalarAsync(string.Create(CultureInfo.InvariantCulture, $"SELECT text FROM pages WHERE id = {page}")))!;

    /// <summary>Lets the lease run out, by the database's clock.</summary>
    internal Task ExpireAsync(string name) => ExecuteAsync($"UPDATE leases SET expires_at = clock_timestamp() WHERE name = '{name}'");

    internal async Task<LeaseRow> RowAsync(string name, int slot = 1)
    {
        await using var context = await Contexts.CreateDbContextAsync();
        return await context.Leases.AsNoTracking().SingleAsync(lease => lease.Name == name && lease.Slot == slot);
    }

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

    /// <summary>Comes back once the query says true; fails after 30 seconds.</summary>
    internal Task UntilAsync(string sql) => UntilAsync(async () => await ScalarAsync(sql) is true, sql);

    internal static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), "Waited 30 s in vain for: " + what);
            await Task.Delay(5);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var source in _sources)
        {
            await source.DisposeAsync();
        }
    }

    private sealed class Factory(DbContextOptions<LeaseContext> options) : IDbContextFactory<LeaseContext>
    {
        public LeaseContext CreateDbContext() => new(options);
    }
}
