using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Leases;
using Tiebreak.Testing;
using Tiebreak.Tests.Transactions;
using Tiebreak.WorkQueues;

namespace Tiebreak.Tests.Costs;

/// <summary>One row to contend for, and the tables that the mechanisms need.</summary>
internal sealed class CostContext(DbContextOptions<CostContext> options) : DbContext(options)
{
    public DbSet<Stock> Stocks => Set<Stock>();

    public DbSet<Label> Labels => Set<Label>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Stock>().Property(stock => stock.Id).ValueGeneratedNever();
        modelBuilder.Entity<Stock>().Property<uint>("xmin").IsRowVersion();
        modelBuilder.Entity<Label>().HasIndex(label => label.Text).IsUnique();
        modelBuilder.UseLeases().UseWorkQueues();
    }
}

/// <summary>Something that is created unless it is there.</summary>
internal sealed class Label
{
    public Guid Id { get; set; }

    public string Text { get; set; } = "";
}

/// <summary>A database of its own, through a pool with prepared statements.</summary>
public sealed class CostDatabase(PostgresCluster cluster) : IAsyncLifetime
{
    private NpgsqlDataSource? _source;

    internal NpgsqlDataSource Source => _source!;

    internal IDbContextFactory<CostContext> Contexts { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _source = NpgsqlDataSource.Create(await cluster.CreateDatabaseAsync("costs") + ";Max Auto Prepare=100");
        Contexts = new PooledContexts(new DbContextOptionsBuilder<CostContext>().UseNpgsql(_source).UseTiebreak().Options);
        await using var context = await Contexts.CreateDbContextAsync();
        await context.Database.EnsureCreatedAsync();
        context.Add(new Stock { Id = 1, Quantity = 1_000_000_000 });
        await context.SaveChangesAsync();
    }

    public ValueTask DisposeAsync() => _source?.DisposeAsync() ?? ValueTask.CompletedTask;

    private sealed class PooledContexts(DbContextOptions<CostContext> options) : IDbContextFactory<CostContext>
    {
        private readonly Microsoft.EntityFrameworkCore.Infrastructure.PooledDbContextFactory<CostContext> _pool = new(options);

        public CostContext CreateDbContext() => _pool.CreateDbContext();
    }
}
