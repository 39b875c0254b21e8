using System.Data;
using System.Transactions;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.AdvisoryLocks;
using Tiebreak.Tests.Transactions;
using IsolationLevel = System.Data.IsolationLevel;

namespace Tiebreak.Tests.AdvisoryLocks;

public sealed class TransactionRefusalTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    private readonly string _name = AdvisoryDatabase.NewName();

    [Fact]
    public async Task Without_a_transaction_it_is_refused_with_what_to_write()
    {
        await using var context = await database.Contexts.CreateDbContextAsync();

        var error = await Assert.ThrowsAsync<AdvisoryLockOutsideTransactionException>(() => context.AdvisoryLockAsync([_name, "other"]));

        Assert.Contains("BeginTransactionAsync", error.Message, StringComparison.Ordinal);
        Assert.Contains(AdvisoryKey.From(_name), error.Keys);
        await Assert.ThrowsAsync<AdvisoryLockOutsideTransactionException>(() => context.AdvisoryLockAsync(_name, wait: TimeSpan.FromSeconds(1)));
        await Assert.ThrowsAsync<AdvisoryLockOutsideTransactionException>(() => context.TryAdvisoryLockAsync(_name));
        await Assert.ThrowsAsync<AdvisoryLockOutsideTransactionException>(() => context.TryAdvisoryLockAsync([_name, "other"]));
        Assert.Equal(ConnectionState.Closed, context.Database.GetDbConnection().State);
    }

    [Fact]
    public async Task After_the_commit_it_is_refused()
    {
        var (context, transaction) = await database.BeginAsync();
        await using var one = context;
        await transaction.CommitAsync();
        await Assert.ThrowsAsync<AdvisoryLockOutsideTransactionException>(() => context.AdvisoryLockAsync(_name));
    }

    [Fact]
    public async Task A_transaction_of_the_driver_that_its_owner_has_ended_is_refused()
    {
        await using var connection = await database.Source.OpenConnectionAsync();
        var transaction = await connection.BeginTransactionAsync();
        await using var context = new StockContext(new DbContextOptionsBuilder<StockContext>().UseNpgsql(connection).Options);
        await context.Database.UseTransactionAsync(transaction);
        await transaction.CommitAsync();

        await Assert.ThrowsAnyAsync<InvalidOperationException>(() => context.AdvisoryLockAsync(_name));
        await Assert.ThrowsAnyAsync<InvalidOperationException>(() => context.TryAdvisoryLockAsync(_name));
    }

    [Fact]
    public async Task A_scope_that_the_connection_does_not_join_is_refused()
    {
        await using var source = NpgsqlDataSource.Create(database.ConnectionString + ";Enlist=false");
        using var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled);
        await using var context = await StockDatabase.ContextsOn(source).CreateDbContextAsync();
        await Assert.ThrowsAsync<AdvisoryLockOutsideTransactionException>(() => context.AdvisoryLockAsync(_name));
    }

    [Theory]
    [InlineData(IsolationLevel.RepeatableRead)]
    [InlineData(IsolationLevel.Snapshot)]
    public async Task At_repeatable_read_it_is_refused(IsolationLevel level)
    {
        await using var context = await database.Contexts.CreateDbContextAsync();
        await using var transaction = await context.Database.BeginTransactionAsync(level);
        var error = await Assert.ThrowsAsync<AdvisoryLockNotPossibleException>(() => context.AdvisoryLockAsync(_name));
        Assert.Contains("READ COMMITTED", error.Message, StringComparison.Ordinal);
        Assert.True(await database.IsFreeAsync(_name));
    }

    [Fact]
    public async Task At_repeatable_read_in_a_scope_it_is_refused()
    {
        using var scope = new TransactionScope(
            TransactionScopeOption.Required, new TransactionOptions { IsolationLevel = System.Transactions.IsolationLevel.RepeatableRead }, TransactionScopeAsyncFlowOption.Enabled);
        await using var context = await database.Contexts.CreateDbContextAsync();
        await Assert.ThrowsAsync<AdvisoryLockNotPossibleException>(() => context.TryAdvisoryLockAsync(_name));
    }

    /// <summary>Why it is refused: the transaction that waited sees the row as of before the wait.</summary>
    [Fact]
    public async Task At_repeatable_read_PostgreSQL_itself_shows_the_rows_from_before_the_wait()
    {
        var id = await database.NewStockAsync(1);
        var holder = await database.HoldAsync(_name);
        await using var connection = await database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead);
        await using var wait = new NpgsqlCommand("SELECT pg_advisory_xact_lock($1)", connection, transaction) { Parameters = { new() { Value = AdvisoryKey.From(_name).Value } } };
        var waiting = wait.ExecuteNonQueryAsync();
        await database.UntilWaitingBehindAsync(holder.Pid);
        await database.ExecuteAsync($"UPDATE stocks SET quantity = 2 WHERE id = {id}");
        await holder.DisposeAsync();
        await waiting;

        await using var read = new NpgsqlCommand($"SELECT quantity FROM stocks WHERE id = {id}", connection, transaction);
        Assert.Equal(1, await read.ExecuteScalarAsync());
    }

    [Fact]
    public async Task At_serializable_it_is_taken()
    {
        await using var context = await database.Contexts.CreateDbContextAsync();
        await using var transaction = await context.Database.BeginTransactionAsync(IsolationLevel.Serializable);
        await context.AdvisoryLockAsync(_name);
        Assert.False(await database.IsFreeAsync(_name));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(0.5)]
    [InlineData(3_600_001)]
    public async Task A_wait_out_of_its_range_is_refused(double waitMs)
    {
        var (context, _) = await database.BeginAsync();
        await using var one = context;
        var wait = TimeSpan.FromMilliseconds(waitMs);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => context.AdvisoryLockAsync(_name, wait: wait));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => context.TryAdvisoryLockAsync(_name, wait: wait));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AdvisoryLockOptions { Wait = wait });
    }

    [Fact]
    public async Task Bad_arguments_are_refused()
    {
        var (context, _) = await database.BeginAsync();
        await using var one = context;
        await Assert.ThrowsAsync<ArgumentException>(() => context.AdvisoryLockAsync([]));
        await Assert.ThrowsAsync<ArgumentException>(() => context.AdvisoryLockAsync(""));
        await Assert.ThrowsAsync<ArgumentNullException>(() => context.AdvisoryLockAsync((IEnumerable<AdvisoryKey>)null!));
        await Assert.ThrowsAsync<ArgumentNullException>(() => ((StockContext)null!).AdvisoryLockAsync(_name));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => context.AdvisoryLockAsync(_name, (AdvisoryLockMode)2));
    }
}
