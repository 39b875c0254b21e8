using System.Collections.Concurrent;
using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Tiebreak.Operations;
using Tiebreak.Tests.Transactions;
using Tiebreak.Transactions;

namespace Tiebreak.Tests.Operations;

public sealed class OpeningTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    private const string AllSet = "4321ms force_generic_plan off off off off";

    private static readonly TransactionGuardOptions Bounds = new()
    {
        Transaction = AtomicOptions.Default with { LockWait = TimeSpan.FromMilliseconds(4321), ReadsByIndex = true },
    };

    [Fact]
    public async Task The_query_that_locks_brings_the_bounds_of_its_transaction_along()
    {
        var id = await database.NewStockAsync(3);
        var heard = new HeardContexts(database);
        using var guard = new RowLockGuard<StockContext>(heard, Bounds);

        Assert.Equal(AllSet, await guard.RunAsync(new Settings(), [id]));

        var bounds = Assert.Single(heard.Sent, text => text.Contains("lock_timeout = 4321", StringComparison.Ordinal));
        Assert.Contains("FOR NO KEY UPDATE", bounds, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_operation_that_locks_nothing_has_its_bounds_all_the_same()
    {
        using var guard = new RowLockGuard<StockContext>(database.Contexts, Bounds);

        Assert.Equal(AllSet, await guard.RunAsync(new Settings(), []));
    }

    [Fact]
    public async Task The_settings_end_with_the_transaction()
    {
        using var guard = new RowLockGuard<StockContext>(database.Contexts, Bounds);
        await guard.RunAsync(new Settings(), []);

        Assert.Equal("on", await database.ScalarAsync("SELECT current_setting('enable_seqscan')"));
    }

    /// <summary>Reads stocks, and answers how its transaction is set.</summary>
    private sealed class Settings : IOperation<StockContext, int[], List<string>, string>
    {
        public string Name => "settings";

        public IEnumerable<string> KeysOf(int[] request) => ["settings"];

        public async Task<List<string>> LoadSubjectsAsync(OperationScope<StockContext> scope, IReadOnlyList<int[]> requests, CancellationToken cancellationToken)
        {
            await scope.ReadSubjectsAsync(Stock.Subject, requests.SelectMany(ids => ids), cancellationToken: cancellationToken);
            return [];
        }

        public async Task LoadRelatedAsync(OperationScope<StockContext> scope, List<string> state, IReadOnlyList<int[]> requests, CancellationToken cancellationToken)
        {
            foreach (var name in new[] { "lock_timeout", "plan_cache_mode", "enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit" })
            {
                state.Add(await scope.Context.Database.SqlQuery<string>($"SELECT current_setting({name}) AS \"Value\"").SingleAsync(cancellationToken));
            }
        }

        public string Decide(List<string> state, int[] request, DateTimeOffset now) => string.Join(' ', state);

        public Task SaveAsync(OperationScope<StockContext> scope, List<string> state, CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class HeardContexts(StockDatabase database) : DbCommandInterceptor, IDbContextFactory<StockContext>
    {
        public ConcurrentQueue<string> Sent { get; } = new();

        public StockContext CreateDbContext() => new(new DbContextOptionsBuilder<StockContext>()
            .UseNpgsql(database.Source).UseTiebreak().AddInterceptors(this).Options);

        public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
        {
            Sent.Enqueue(command.CommandText);
            return ValueTask.FromResult(result);
        }
    }
}
