using Microsoft.EntityFrameworkCore;
using Tiebreak.Operations;

namespace Tiebreak.Tests.Transactions;

/// <summary>So many of one thing.</summary>
internal sealed class Stock
{
    /// <summary>As what stands for a key of an operation.</summary>
    public static readonly Subject<Stock, int> Subject = new(stock => stock.Id, id => $"stock/{id}");

    public int Id { get; set; }

    public int Quantity { get; set; }
}

/// <summary>What a user holds, one thing at most: the user is the whole key.</summary>
internal sealed class Holding
{
    public string UserId { get; set; } = "";

    public int StockId { get; set; }
}

internal sealed class StockContext(DbContextOptions<StockContext> options) : DbContext(options)
{
    public DbSet<Stock> Stocks => Set<Stock>();

    public DbSet<Holding> Holdings => Set<Holding>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Stock>(stock =>
        {
            stock.ToTable("stocks");
            stock.Property(s => s.Id).HasColumnName("id").ValueGeneratedNever();
            stock.Property(s => s.Quantity).HasColumnName("quantity");
        });
        modelBuilder.Entity<Holding>(holding =>
        {
            holding.ToTable("holdings").HasKey(h => h.UserId);
            holding.Property(h => h.UserId).HasColumnName("user_id");
            holding.Property(h => h.StockId).HasColumnName("stock_id");
        });
    }
}
