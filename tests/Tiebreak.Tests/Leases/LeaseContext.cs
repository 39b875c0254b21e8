using Microsoft.EntityFrameworkCore;
using Tiebreak.Leases;

namespace Tiebreak.Tests.Leases;

/// <summary>What a lease protects: a text, and who wrote it.</summary>
internal sealed class Page
{
    public int Id { get; set; }

    public string Text { get; set; } = "";
}

internal sealed class LeaseContext(DbContextOptions<LeaseContext> options) : DbContext(options)
{
    public DbSet<Page> Pages => Set<Page>();

    public DbSet<LeaseRow> Leases => Set<LeaseRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.UseLeases();
        modelBuilder.Entity<Page>(page =>
        {
            page.ToTable("pages");
            page.Property(p => p.Id).HasColumnName("id").ValueGeneratedNever();
            page.Property(p => p.Text).HasColumnName("text");
        });
    }
}
