using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Operations;
using Tiebreak.Tests.Transactions;

namespace Tiebreak.Tests.Operations;

/// <summary>What the touch before the save does to the save, and whom it does not see.</summary>
public sealed class OptimisticGuardTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    [Fact]
    public async Task Row_version_that_the_database_sets_is_no_conflict_with_the_guards_own_touch()
    {
        var id = await database.NewStockAsync(10);
        using var guard = new OptimisticGuard<VersionedContext>(new VersionedFactory(database.Source));

        Assert.Equal(9, await guard.RunAsync(new TakeVersioned(), id));
        Assert.Equal(8, await guard.RunAsync(new TakeVersioned(), id));
    }

    [Fact]
    public async Task Row_version_is_that_of_the_update_under_the_update_first_guard()
    {
        var id = await database.NewStockAsync(10);
        using var guard = new UpdateFirstGuard<VersionedContext>(new VersionedFactory(database.Source));

        Assert.Equal(9, await guard.RunAsync(new TakeVersioned(), id));
        Assert.Equal(8, await guard.RunAsync(new TakeVersioned(), id));
    }

    [Fact]
    public async Task Beside_a_guard_that_only_locks_the_subject_a_change_of_what_hangs_on_it_is_not_seen()
    {
        var id = await database.NewStockAsync(1);
        var hasRead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var paused = new FillUp
        {
            BeforeDecision = _ =>
            {
                hasRead.TrySetResult();
                return goOn.Task.WaitAsync(TimeSpan.FromSeconds(30));
            },
        };
        using var optimistic = new OptimisticGuard<StockContext>(database.Contexts);
        using var rowLock = new RowLockGuard<StockContext>(database.Contexts);

        var first = optimistic.RunAsync(paused, new FillUp.Request(id, $"optimistic-{id}"));
        await hasRead.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(await rowLock.RunAsync(new FillUp(), new FillUp.Request(id, $"locked-{id}")));
        goOn.SetResult();

        // Why the documentation says not to mix them: one place was there, and two have it.
        Assert.True(await first);
        Assert.Equal(2L, await database.ScalarAsync(string.Create(CultureInfo.InvariantCulture, $"SELECT count(*) FROM holdings WHERE stock_id = {id}")));
    }

    [Fact]
    public async Task Beside_a_guard_that_updates_the_subject_a_change_of_what_hangs_on_it_is_seen()
    {
        var id = await database.NewStockAsync(1);
        var hasRead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var paused = new FillUp
        {
            BeforeDecision = _ =>
            {
                hasRead.TrySetResult();
                return goOn.Task.WaitAsync(TimeSpan.FromSeconds(30));
            },
        };
        using var optimistic = new OptimisticGuard<StockContext>(database.Contexts);
        using var updateFirst = new UpdateFirstGuard<StockContext>(database.Contexts);

        var first = optimistic.RunAsync(paused, new FillUp.Request(id, $"optimistic-{id}"));
        await hasRead.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(await updateFirst.RunAsync(new FillUp(), new FillUp.Request(id, $"updated-{id}")));
        goOn.SetResult();

        Assert.False(await first);
    }

    private sealed class VersionedFactory(NpgsqlDataSource source) : IDbContextFactory<VersionedContext>
    {
        public VersionedContext CreateDbContext() => new(new DbContextOptionsBuilder<VersionedContext>().UseNpgsql(source).UseTiebreak().Options);
    }

    private sealed class VersionedStock
    {
        public int Id { get; set; }

        public int Quantity { get; set; }

        public uint Version { get; set; }
    }

    private sealed class VersionedContext(DbContextOptions<VersionedContext> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.Entity<VersionedStock>(stock =>
        {
            stock.ToTable("stocks");
            stock.Property(s => s.Id).HasColumnName("id").ValueGeneratedNever();
            stock.Property(s => s.Quantity).HasColumnName("quantity");
            stock.Property(s => s.Version).IsRowVersion();
        });
    }

    private sealed class TakeVersioned : IOperation<VersionedContext, int, VersionedStock, int>
    {
        private static readonly Subject<VersionedStock, int> Stocks = new(stock => stock.Id, id => $"stock/{id}");

        public string Name => "take-versioned";

        public IEnumerable<string> KeysOf(int request) => [$"stock/{request}"];

        public async Task<VersionedStock> LoadSubjectsAsync(OperationScope<VersionedContext> scope, IReadOnlyList<int> requests, CancellationToken cancellationToken) =>
            (await scope.ReadSubjectsAsync(Stocks, requests, cancellationToken: cancellationToken))[requests[0]];

        public Task LoadRelatedAsync(OperationScope<VersionedContext> scope, VersionedStock state, IReadOnlyList<int> requests, CancellationToken cancellationToken) => Task.CompletedTask;

        public int Decide(VersionedStock state, int request, DateTimeOffset now) => --state.Quantity;

        public Task SaveAsync(OperationScope<VersionedContext> scope, VersionedStock state, CancellationToken cancellationToken) => scope.Context.SaveChangesAsync(cancellationToken);
    }
}
