using Microsoft.EntityFrameworkCore;
using Tiebreak;

namespace RaceTests;

/// <summary>A shop whose customers collect points.</summary>
public sealed class ShopContext(DbContextOptions<ShopContext> options) : DbContext(options)
{
    public DbSet<Account> Accounts => Set<Account>();

    /// <summary>The shop on a database.</summary>
    public static ShopContext On(string database) =>
        new(new DbContextOptionsBuilder<ShopContext>().UseNpgsql(database).UseTiebreak().Options);

    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.Entity<Account>().ToTable("accounts");
}
