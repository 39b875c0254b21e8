using Microsoft.EntityFrameworkCore;
using Tiebreak.WorkQueues;

namespace PointsScoring;

/// <summary>What waits in the queue.</summary>
internal sealed record ScoreRequest(Guid RequestId, string AccountId, int Number, int Points);

/// <summary>A request as it was taken in, in the same transaction as its job.</summary>
internal sealed class Request
{
    public Guid Id { get; set; }

    public string AccountId { get; set; } = "";

    /// <summary>Counts the account's requests from 1.</summary>
    public int Number { get; set; }

    public int Points { get; set; }
}

internal sealed class Account
{
    public string Id { get; set; } = "";

    public int Requests { get; set; }

    public int Entries { get; set; }

    public long Balance { get; set; }
}

/// <summary>
/// A scored request. On purpose nothing in the table refuses to score a request twice: that it does not happen is the
/// queue's doing alone.
/// </summary>
internal sealed class Entry
{
    public string AccountId { get; set; } = "";

    public int Number { get; set; }

    public Guid RequestId { get; set; }

    public int RequestNumber { get; set; }

    public int Points { get; set; }
}

internal sealed class ScoringContext(DbContextOptions<ScoringContext> options) : DbContext(options)
{
    public DbSet<Request> Requests => Set<Request>();

    public DbSet<Account> Accounts => Set<Account>();

    public DbSet<Entry> Entries => Set<Entry>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.UseWorkQueues();
        modelBuilder.Entity<Entry>().HasKey(entry => new { entry.AccountId, entry.Number });
    }
}
