using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Lanes;
using Tiebreak.Tests.Operations;
using Tiebreak.Tests.Transactions;
using Tiebreak.Transactions;

namespace Tiebreak.Tests.Lanes;

/// <summary>A connection that is lost before COMMIT: nothing was committed, so the lane tries again before it tells anybody.</summary>
public sealed class LostConnectionTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    [Fact]
    public async Task A_batch_whose_connection_is_lost_before_COMMIT_is_decided_on_another_one_and_nobody_is_told()
    {
        var id = await database.NewStockAsync(10);
        var (inside, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        var operation = new TakeOne
        {
            BeforeDecision = async attempt =>
            {
                if (attempt == 1)
                {
                    inside.SetResult();
                    await goOn.Task;
                }
            },
        };
        await using var guard = new LaneGuard<StockContext>(database.Contexts, new LaneGuardOptions { Lanes = 1 });

        var runs = Enumerable.Range(0, 5).Select(i => guard.RunAsync(operation, new TakeOne.Request(id, $"lost-{id}-{i}"))).ToList();
        await inside.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await database.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database()");
        goOn.SetResult();

        Assert.All(await Task.WhenAll(runs), answer => Assert.Equal(Taken.Yes, answer));
        Assert.Equal(5, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task A_database_that_stays_away_is_told_with_its_typed_error_and_the_lane_goes_on()
    {
        var id = await database.NewStockAsync(10);
        var away = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Port = 1, Timeout = 2 };
        await using var nowhere = NpgsqlDataSource.Create(away);
        var contexts = new Switch { Current = StockDatabase.ContextsOn(nowhere) };
        await using var guard = new LaneGuard<StockContext>(contexts, new LaneGuardOptions { Lanes = 1 });
        var operation = new TakeOne();

        await Assert.ThrowsAsync<ConnectionLostException>(() => guard.RunAsync(operation, new TakeOne.Request(id, "away")));
        contexts.Current = database.Contexts;

        Assert.Equal(Taken.Yes, await guard.RunAsync(operation, new TakeOne.Request(id, string.Create(CultureInfo.InvariantCulture, $"back-{id}"))));
    }

    private sealed class Switch : IDbContextFactory<StockContext>
    {
        public required IDbContextFactory<StockContext> Current { get; set; }

        public StockContext CreateDbContext() => Current.CreateDbContext();
    }
}
