using System.Transactions;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Leases;

namespace Tiebreak.Tests.Leases;

/// <summary>Which transactions, contexts and databases a fence works in, and which it refuses.</summary>
public sealed class FencePlaceTests(LeaseDatabase database) : IClassFixture<LeaseDatabase>
{
    [Fact]
    public async Task A_fence_without_a_transaction_and_one_of_a_released_lease_are_refused()
    {
        var lease = await database.Store().AcquireAsync("misuse");
        await using var db = await database.Contexts.CreateDbContextAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(() => db.FenceAsync(lease));
        await using var transaction = await db.Database.BeginTransactionAsync();
        await db.FenceAsync(lease);
        await lease.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => db.FenceAsync(lease));
    }

    [Fact]
    public async Task A_scope_that_the_connection_joins_counts_as_a_transaction_and_one_that_it_does_not_join_does_not()
    {
        await using var lease = await database.Store().AcquireAsync("scope");
        await using var apart = NpgsqlDataSource.Create(database.ConnectionString + ";Enlist=false");
        using var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled);

        await using (var db = await database.Contexts.CreateDbContextAsync())
        {
            await db.FenceAsync(lease);
        }

        await using var other = await LeaseDatabase.ContextsOn(apart).CreateDbContextAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => other.FenceAsync(lease));
    }

    [Fact]
    public async Task A_lease_of_another_database_never_passes_though_name_and_token_are_the_same()
    {
        await using var lease = await database.Store().AcquireAsync("elsewhere");
        await using var source = NpgsqlDataSource.Create(await database.NewDatabaseAsync());
        await using var db = await LeaseDatabase.ContextsOn(source).CreateDbContextAsync();
        await db.Database.EnsureCreatedAsync();
        await using var twin = await new LeaseStore<LeaseContext>(LeaseDatabase.ContextsOn(source), LeaseDatabase.Still).AcquireAsync("elsewhere");
        await db.Database.ExecuteSqlAsync($"UPDATE leases SET token = {lease.Token}");

        await using var transaction = await db.Database.BeginTransactionAsync();
        await Assert.ThrowsAsync<LeaseLostException>(() => db.FenceAsync(lease));
    }

    [Fact]
    public async Task Works_within_a_retrying_execution_strategy_on_a_context_that_tracks_the_row()
    {
        await using var lease = await database.Store().AcquireAsync("strategy");
        await using var db = await LeaseDatabase.ContextsOn(database.Source, npgsql => npgsql.EnableRetryOnFailure()).CreateDbContextAsync();
        Assert.Single(await db.Leases.Where(row => row.Name == "strategy").ToListAsync());

        await db.Database.CreateExecutionStrategy().ExecuteAsync(async () =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            await db.FenceAsync(lease);
            await transaction.CommitAsync();
        });
    }
}
