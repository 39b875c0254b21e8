using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Leases;

namespace Tiebreak.Mechanisms.Races.Tests;

/// <summary>What one process of an application keeps: its pool and its leases.</summary>
internal sealed class Boxes : IDbContextFactory<Box>, IAsyncDisposable
{
    private readonly NpgsqlDataSource _source;
    private readonly DbContextOptions<Box> _options;

    public Boxes(string database)
    {
        _source = NpgsqlDataSource.Create(database);
        _options = new DbContextOptionsBuilder<Box>().UseNpgsql(_source).UseTiebreak().Options;
        Leases = new LeaseStore<Box>(this);
    }

    public LeaseStore<Box> Leases { get; }

    public Box CreateDbContext() => new(_options);

    public ValueTask DisposeAsync() => _source.DisposeAsync();
}
