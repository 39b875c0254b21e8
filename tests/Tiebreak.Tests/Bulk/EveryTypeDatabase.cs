using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using Tiebreak.Testing;

namespace Tiebreak.Tests.Bulk;

/// <summary>An empty table of every type; each test works in a transaction that it rolls back.</summary>
public sealed class EveryTypeDatabase(PostgresCluster cluster) : IAsyncLifetime
{
    private NpgsqlDataSource? _source;

    public async ValueTask InitializeAsync()
    {
        var connectionString = await cluster.CreateDatabaseAsync("everytype");
        await using (var setup = NpgsqlDataSource.Create(connectionString))
        {
            await using var context = new EveryTypeContext(setup);
            await context.GetService<IRelationalDatabaseCreator>().CreateTablesAsync();
        }

        // Connections from now on know the types that were just made.
        var builder = new NpgsqlDataSourceBuilder(connectionString);
        builder.MapEnum<Mood>("mood");
        _source = builder.Build();
    }

    internal EveryTypeContext Open() => new(_source!);

    public async ValueTask DisposeAsync()
    {
        if (_source is not null)
        {
            await _source.DisposeAsync();
        }
    }
}
