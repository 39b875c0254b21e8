using Microsoft.EntityFrameworkCore;
using Tiebreak.WorkQueues;

namespace Tiebreak.Tests.WorkQueues;

/// <summary>What a job is asked to do.</summary>
internal sealed record Note(int Number);

/// <summary>What a job did. No constraint refuses a second one: only the queue keeps it away.</summary>
internal sealed class Effect
{
    public long Id { get; set; }

    public Guid JobId { get; set; }

    public string Queue { get; set; } = "";

    public string? Key { get; set; }

    public int Number { get; set; }
}

internal sealed class LedgerContext(DbContextOptions<LedgerContext> options) : DbContext(options)
{
    public DbSet<Effect> Effects => Set<Effect>();

    public DbSet<QueuedJob> Jobs => Set<QueuedJob>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.UseWorkQueues("work items", "queue's");
        modelBuilder.Entity<Effect>().ToTable("effects");
    }
}
