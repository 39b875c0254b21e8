using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Testing;
using Tiebreak.WorkQueues;

namespace Tiebreak.Tests.WorkQueues;

/// <summary>A database for one test class. Tests run beside each other, each on a queue of its own.</summary>
public sealed class LedgerDatabase(PostgresCluster cluster) : IAsyncLifetime
{
    internal const string Table = "\"queue's\".\"work items\"";

    private NpgsqlDataSource? _source;
    private int _queues;

    internal string ConnectionString { get; private set; } = "";

    internal NpgsqlDataSource Source => _source!;

    internal IDbContextFactory<LedgerContext> Contexts { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        ConnectionString = await cluster.CreateDatabaseAsync("ledger");
        _source = NpgsqlDataSource.Create(ConnectionString);
        Contexts = ContextsOn(_source);
        await using var context = Open();
        await context.Database.EnsureCreatedAsync();
        await ExecuteAsync("CREATE FUNCTION raise_error(state text) RETURNS void LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION USING ERRCODE = state; END'");
    }

    internal static IDbContextFactory<LedgerContext> ContextsOn(NpgsqlDataSource source, bool retrying = false) =>
        new Factory(new DbContextOptionsBuilder<LedgerContext>().UseNpgsql(source, npgsql =>
        {
            if (retrying)
            {
                npgsql.EnableRetryOnFailure();
            }
        }).UseTiebreak().Options);

    internal LedgerContext Open() => Contexts.CreateDbContext();

    internal string NewQueue() => "queue-" + Interlocked.Increment(ref _queues);

    /// <summary>Enqueues numbers in one save, all with this key.</summary>
    internal async Task<List<Guid>> EnqueueAsync(string queue, string? key, params IEnumerable<int> numbers)
    {
        await using var context = Open();
        var jobs = numbers.Select(number => context.Enqueue(queue, new Note(number), key)).ToList();
        await context.SaveChangesAsync();
        return jobs.ConvertAll(job => job.Id);
    }

    internal async Task<List<Effect>> EffectsAsync(string queue)
    {
        await using var context = Open();
        return await context.Effects.AsNoTracking().Where(effect => effect.Queue == queue).OrderBy(effect => effect.Id).ToListAsync();
    }

    internal async Task<QueueCounts> CountAsync(string queue)
    {
        await using var context = Open();
        return await context.WorkQueue(queue).CountAsync();
    }

    internal async Task<QueuedJob?> JobAsync(Guid id)
    {
        await using var context = Open();
        return await context.Jobs.AsNoTracking().SingleOrDefaultAsync(job => job.Id == id);
    }

    internal Task UntilDoneAsync(string queue, int effects) => UntilAsync(
        $"{effects} effects of {queue}",
        async () => await ScalarAsync($"SELECT count(*) >= {effects} FROM effects WHERE \"Queue\" = '{queue}'") is true && await CountAsync(queue) is { Ready: 0, Delayed: 0, Running: 0 });

    internal static async Task UntilAsync(string what, Func<Task<bool>> condition)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), "Waited 60 s in vain for: " + what);
            await Task.Delay(10);
        }
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

    public async ValueTask DisposeAsync()
    {
        if (_source is not null)
        {
            await _source.DisposeAsync();
        }
    }

    private sealed class Factory(DbContextOptions<LedgerContext> options) : IDbContextFactory<LedgerContext>
    {
        public LedgerContext CreateDbContext() => new(options);
    }
}
