using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Tiebreak.Lanes;
using Tiebreak.Leases;
using Tiebreak.Operations;
using Tiebreak.Tests.Leases;
using Tiebreak.Tests.Transactions;

namespace Tiebreak.Tests.Operations;

public sealed class RowLockSuite(StockDatabase database) : GuardSuite(database), IClassFixture<StockDatabase>
{
    internal override IGuard<StockContext> NewGuard(IDbContextFactory<StockContext> contexts, TransactionGuardOptions options) => new RowLockGuard<StockContext>(contexts, options);
}

public sealed class UpdateFirstSuite(StockDatabase database) : GuardSuite(database), IClassFixture<StockDatabase>
{
    internal override IGuard<StockContext> NewGuard(IDbContextFactory<StockContext> contexts, TransactionGuardOptions options) => new UpdateFirstGuard<StockContext>(contexts, options);
}

public sealed class OptimisticSuite(StockDatabase database) : GuardSuite(database), IClassFixture<StockDatabase>
{
    internal override IGuard<StockContext> NewGuard(IDbContextFactory<StockContext> contexts, TransactionGuardOptions options) => new OptimisticGuard<StockContext>(contexts, options);
}

public sealed class SerializableSuite(StockDatabase database) : GuardSuite(database), IClassFixture<StockDatabase>
{
    internal override IGuard<StockContext> NewGuard(IDbContextFactory<StockContext> contexts, TransactionGuardOptions options) => new SerializableGuard<StockContext>(contexts, options);
}

public sealed class AdvisoryLockSuite(StockDatabase database) : GuardSuite(database), IClassFixture<StockDatabase>
{
    internal override IGuard<StockContext> NewGuard(IDbContextFactory<StockContext> contexts, TransactionGuardOptions options) => new AdvisoryLockGuard<StockContext>(contexts, options);
}

public sealed class LocalLockSuite(StockDatabase database) : GuardSuite(database), IClassFixture<StockDatabase>
{
    internal override IGuard<StockContext> NewGuard(IDbContextFactory<StockContext> contexts, TransactionGuardOptions options) => new LocalLockGuard<StockContext>(contexts, options);
}

public sealed class LaneSuite(StockDatabase database) : GuardSuite(database), IClassFixture<StockDatabase>
{
    internal override IGuard<StockContext> NewGuard(IDbContextFactory<StockContext> contexts, TransactionGuardOptions options) =>
        new LaneGuard<StockContext>(contexts, new LaneGuardOptions { Transaction = options.Transaction, BatchLimit = 5 });
}

public sealed class OneKeyLaneSuite(StockDatabase database) : GuardSuite(database), IClassFixture<StockDatabase>
{
    internal override IGuard<StockContext> NewGuard(IDbContextFactory<StockContext> contexts, TransactionGuardOptions options) =>
        new LaneGuard<StockContext>(contexts, new LaneGuardOptions { Transaction = options.Transaction, OneKeyABatch = true });
}

public sealed class LeaseSuite(LeasedStockDatabase database) : GuardSuite(database.Stocks), IClassFixture<LeasedStockDatabase>
{
    internal override IGuard<StockContext> NewGuard(IDbContextFactory<StockContext> contexts, TransactionGuardOptions options) =>
        new LeaseGuard<StockContext>(contexts, LeaseGuard<StockContext>.Acquire(database.Leases), options, time: null);
}

/// <summary>The stocks, and beside them, in the same database, the leases.</summary>
public sealed class LeasedStockDatabase(Tiebreak.Testing.PostgresCluster cluster) : IAsyncLifetime
{
    internal StockDatabase Stocks { get; } = new(cluster);

    internal LeaseStore<LeaseContext> Leases { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await Stocks.InitializeAsync();
        var contexts = LeaseDatabase.ContextsOn(Stocks.Source);
        await using var context = await contexts.CreateDbContextAsync();
        await context.GetService<IRelationalDatabaseCreator>().CreateTablesAsync();
        Leases = new LeaseStore<LeaseContext>(contexts, new LeaseOptions { PollEvery = TimeSpan.FromMilliseconds(5) });
    }

    public ValueTask DisposeAsync() => Stocks.DisposeAsync();
}
