using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;
using Tiebreak.Testing;

namespace Tiebreak.Tests.Bulk;

/// <summary>A database for one test class; tests keep to codes and keys of their own.</summary>
public sealed class ShapeDatabase(PostgresCluster cluster) : IAsyncLifetime
{
    private NpgsqlDataSource? _source;
    private int _codes;

    internal NpgsqlDataSource Source => _source!;

    internal string ConnectionString { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        ConnectionString = await cluster.CreateDatabaseAsync("bulk");
        _source = NpgsqlDataSource.Create(ConnectionString);
        await using var context = Open();
        await context.Database.EnsureCreatedAsync();
    }

    internal string NewCode() => string.Create(null, $"code-{Interlocked.Increment(ref _codes)}");

    internal ShapeContext Open(ConcurrentQueue<string>? sent = null, Action<DbContextOptionsBuilder<ShapeContext>>? configure = null, NpgsqlDataSource? source = null)
    {
        var options = new DbContextOptionsBuilder<ShapeContext>().UseNpgsql(source ?? _source!);
        if (sent is not null)
        {
            options.LogTo(sent.Enqueue, [RelationalEventId.CommandExecuting]);
        }

        configure?.Invoke(options);
        return new ShapeContext(options.Options);
    }

    internal static List<Use> Uses(string code, int count, int first = 0) =>
        [.. Enumerable.Range(first, count).Select(number => new Use { Id = Guid.NewGuid(), Code = code, UserId = $"user {number}", Number = number })];

    public async ValueTask DisposeAsync()
    {
        if (_source is not null)
        {
            await _source.DisposeAsync();
        }
    }
}
