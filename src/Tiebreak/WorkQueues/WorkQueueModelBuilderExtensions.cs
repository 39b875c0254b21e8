using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Tiebreak.WorkQueues;

/// <summary>Puts the jobs table into an application's model.</summary>
public static class WorkQueueModelBuilderExtensions
{
    /// <summary>
    /// Adds the table that holds the jobs of every queue, as the entity <see cref="QueuedJob"/>, so that the
    /// application's own migrations create it. Call it in <c>OnModelCreating</c>. Without migrations,
    /// <see cref="WorkQueueSchema.CreateScript"/> has the SQL.
    /// </summary>
    /// <remarks>The names of the columns are fixed; those of the table, its schema and the key's collation are set here.</remarks>
    /// <example><code>modelBuilder.UseWorkQueues();</code></example>
    /// <param name="modelBuilder">The model.</param>
    /// <param name="table">The table; <c>jobs</c> by default.</param>
    /// <param name="schema">Its schema; the model's default when <see langword="null"/>.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public static ModelBuilder UseWorkQueues(this ModelBuilder modelBuilder, string table = "jobs", string? schema = null)
    {
        ArgumentNullException.ThrowIfNull(modelBuilder);
        ArgumentException.ThrowIfNullOrWhiteSpace(table);
        modelBuilder.Entity<QueuedJob>(job =>
        {
            job.ToTable(table, schema, t => t.HasCheckConstraint($"ck_{table}_state", "\"state\" IN ('ready', 'running', 'dead')"));
            job.HasKey(j => j.Id).HasName($"pk_{table}");
            MapColumns(job);
            MapIndexes(job, table);
        });
        return modelBuilder;
    }

    private static void MapColumns(EntityTypeBuilder<QueuedJob> job)
    {
        job.Property(j => j.Id).HasColumnName("id").ValueGeneratedNever();
        job.Property(j => j.Queue).HasColumnName("queue").HasMaxLength(QueuedJob.MaxQueueLength);
        // Keys are only compared; the database's language would make that slower, and change with its library.
        job.Property(j => j.Key).HasColumnName("key").HasMaxLength(QueuedJob.MaxKeyLength).UseCollation("C");
        job.Property(j => j.Payload).HasColumnName("payload").HasColumnType("jsonb");
        job.Property(j => j.State).HasColumnName("state").HasColumnType("text").HasConversion(
            state => Text(state), text => Enum.Parse<JobState>(text, true));
        job.Property(j => j.Attempts).HasColumnName("attempts");
        job.Property(j => j.RunAfter).HasColumnName("run_after").HasDefaultValueSql("now()");
        job.Property(j => j.ClaimToken).HasColumnName("claim_token");
        job.Property(j => j.ClaimedUntil).HasColumnName("claimed_until");
        job.Property(j => j.Position).HasColumnName("position").UseIdentityByDefaultColumn();
        job.Property(j => j.InLine).HasColumnName("in_line");
        job.Property(j => j.EnqueuedAt).HasColumnName("enqueued_at").HasDefaultValueSql("clock_timestamp()");
        job.Property(j => j.LastError).HasColumnName("last_error");
        job.Property(j => j.DiedAt).HasColumnName("died_at");
    }

    private static void MapIndexes(EntityTypeBuilder<QueuedJob> job, string table)
    {
        // The head of each key's line, found by jumping from key to key.
        job.HasIndex(j => new { j.Queue, j.Key, j.Position }, $"ix_{table}_line").HasDatabaseName($"ix_{table}_line").HasFilter("\"in_line\"");
        // What keeps two jobs of one key from running at once, whatever two claims saw.
        job.HasIndex(j => new { j.Queue, j.Key }, $"ux_{table}_running").HasDatabaseName($"ux_{table}_running").IsUnique().HasFilter("\"state\" = 'running' AND \"key\" IS NOT NULL");
        job.HasIndex(j => new { j.Queue, j.RunAfter, j.Position }, $"ix_{table}_keyless").HasDatabaseName($"ix_{table}_keyless").HasFilter("\"state\" = 'ready' AND \"key\" IS NULL");
        job.HasIndex(j => new { j.Queue, j.ClaimedUntil }, $"ix_{table}_leases").HasDatabaseName($"ix_{table}_leases").HasFilter("\"state\" = 'running'");
        job.HasIndex(j => new { j.Queue, j.Position }, $"ix_{table}_dead").HasDatabaseName($"ix_{table}_dead").HasFilter("\"state\" = 'dead'");
    }

    private static string Text(JobState state) => state switch
    {
        JobState.Ready => "ready",
        JobState.Running => "running",
        _ => "dead",
    };
}
