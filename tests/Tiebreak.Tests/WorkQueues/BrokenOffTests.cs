using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.WorkQueues;

namespace Tiebreak.Tests.WorkQueues;

/// <summary>A connection that is lost between two statements that belong together.</summary>
public sealed class BrokenOffTests(LedgerDatabase database) : IClassFixture<LedgerDatabase>
{
    [Fact]
    public async Task Claim_that_is_cut_off_in_its_second_round_runs_what_the_first_one_took()
    {
        var queue = database.NewQueue();
        await database.EnqueueAsync(queue, "a", 1);
        var later = await database.EnqueueAsync(queue, "c", 2);
        var contexts = new CutOff(database.Contexts);
        var claims = new Claims<LedgerContext>(new WorkerCommands<LedgerContext>(contexts), queue, TimeSpan.FromMinutes(1));
        Assert.Equal("a", Assert.Single(await claims.TakeAsync(1)).Key);

        contexts.Left = 1;
        var taken = await claims.TakeAsync(5);

        Assert.Equal(later, taken.Select(job => job.Id));
        await Assert.ThrowsAsync<NpgsqlException>(() => claims.TakeAsync(5));
    }

    /// <summary>Gives out so many contexts, then none.</summary>
    private sealed class CutOff(IDbContextFactory<LedgerContext> contexts) : IDbContextFactory<LedgerContext>
    {
        public int Left { get; set; } = int.MaxValue;

        public LedgerContext CreateDbContext() => Left-- > 0 ? contexts.CreateDbContext() : throw new NpgsqlException("cut off", new IOException());
    }
}
