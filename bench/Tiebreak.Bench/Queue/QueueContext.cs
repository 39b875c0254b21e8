using Microsoft.EntityFrameworkCore;
using Tiebreak.WorkQueues;

namespace Tiebreak.Bench.Queue;

internal sealed record Nothing(int Number);

internal sealed class QueueContext(DbContextOptions<QueueContext> options) : DbContext(options)
{
    public const string Queue = "bench";

    public static async Task EnqueueAsync(IDbContextFactory<QueueContext> contexts, int count, int keys)
    {
        for (var first = 0; first < count; first += 500)
        {
            await using var context = await contexts.CreateDbContextAsync();
            foreach (var number in Enumerable.Range(first, Math.Min(500, count - first)))
            {
                context.Enqueue(Queue, new Nothing(number), keys == 0 ? null : FormattableString.Invariant($"key-{number % keys}"));
            }

            await context.SaveChangesAsync();
        }
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.UseWorkQueues();
}

internal sealed class QueueContexts(string connectionString) : IDbContextFactory<QueueContext>
{
    private readonly DbContextOptions<QueueContext> _options =
        new DbContextOptionsBuilder<QueueContext>().UseNpgsql(connectionString + ";Max Auto Prepare=50").UseTiebreak().Options;

    public QueueContext CreateDbContext() => new(_options);
}
