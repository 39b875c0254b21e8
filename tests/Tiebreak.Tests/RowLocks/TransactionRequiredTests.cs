using System.Collections.Concurrent;
using System.Transactions;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.RowLocks;

namespace Tiebreak.Tests.RowLocks;

/// <summary>Without an open transaction a lock ends with its statement, so the statement is not sent.</summary>
public sealed class TransactionRequiredTests(ConcertDatabase database) : IClassFixture<ConcertDatabase>
{
    private static readonly Func<ConcertContext, int, Task<Concert>> Compiled =
        EF.CompileAsyncQuery((ConcertContext c, int id) => c.Concerts.ForUpdate().Single(x => x.Id == id));

    private static readonly Func<ConcertContext, IAsyncEnumerable<Concert>> CompiledStream =
        EF.CompileAsyncQuery((ConcertContext c) => c.Concerts.ForUpdate());

    [Fact]
    public Task A_query_is_refused() => RefusedAsync(c => c.Concerts.ForUpdate().ToListAsync());

    [Fact]
    public Task A_synchronous_query_is_refused() => RefusedAsync(c => Task.FromResult(c.Concerts.ForUpdate().ToList()));

    [Fact]
    public Task An_untracked_query_is_refused() => RefusedAsync(c => c.Concerts.AsNoTracking().ForShare().ToListAsync());

    [Fact]
    public Task A_projection_is_refused() => RefusedAsync(c => c.Concerts.ForUpdate().Select(x => x.Name).ToListAsync());

    [Fact]
    public Task Bare_raw_sql_is_refused() => RefusedAsync(c => c.Bookings.FromSqlRaw("SELECT * FROM bookings").ForUpdate().ToListAsync());

    [Fact]
    public Task A_split_query_is_refused() =>
        RefusedAsync(c => c.Concerts.Where(x => x.Id == 1).Include(x => x.Bookings).AsSplitQuery().ForUpdate().ToListAsync());

    [Fact]
    public async Task A_cached_query_is_refused()
    {
        await WithTransactionAsync(c => c.Concerts.ForUpdate().SingleAsync(x => x.Id == 1));
        await RefusedAsync(c => c.Concerts.ForUpdate().SingleAsync(x => x.Id == 1));
    }

    [Fact]
    public async Task A_compiled_query_is_refused()
    {
        await WithTransactionAsync(c => Compiled(c, 1));
        await RefusedAsync(c => Compiled(c, 1));
    }

    [Fact]
    public Task A_compiled_stream_that_is_read_after_the_transaction_is_refused() => RefusedAsync(async c =>
    {
        IAsyncEnumerable<Concert> stream;
        await using (await c.Database.BeginTransactionAsync())
        {
            stream = CompiledStream(c);
        }

        return await stream.ToListAsync();
    });

    [Fact]
    public Task A_query_after_the_commit_is_refused() => RefusedAsync(async c =>
    {
        await using var transaction = await c.Database.BeginTransactionAsync();
        await transaction.CommitAsync();
        return await c.Concerts.ForUpdate().ToListAsync();
    });

    [Fact]
    public async Task A_begin_in_raw_sql_does_not_count()
    {
        await using var context = database.Open();
        await context.Database.OpenConnectionAsync();
        await context.Database.ExecuteSqlRawAsync("BEGIN");

        await Assert.ThrowsAsync<RowLockOutsideTransactionException>(() => context.Concerts.ForUpdate().ToListAsync());
    }

    [Fact]
    public async Task The_error_names_the_entity_and_what_to_write()
    {
        await using var context = database.Open();

        var error = await Assert.ThrowsAsync<RowLockOutsideTransactionException>(() => context.Concerts.ForUpdate().ToListAsync());

        Assert.Equal("Concert", error.EntityType);
        Assert.Contains("BeginTransactionAsync", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Building_a_query_needs_no_transaction()
    {
        await using var context = database.Open();
        var query = context.Concerts.Where(c => c.Id == 2).ForUpdate();
        await Assert.ThrowsAsync<RowLockOutsideTransactionException>(() => query.ToListAsync());
        await using var transaction = await context.Database.BeginTransactionAsync();

        Assert.Single(await query.ToListAsync());
    }

    [Fact]
    public async Task Showing_the_sql_needs_no_transaction()
    {
        await using var context = database.Open();
        Assert.Contains("FOR UPDATE", context.Concerts.ForUpdate().ToQueryString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_transaction_scope_counts_and_holds_the_lock()
    {
        using (new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
        {
            await using var context = database.Open();
            await context.Concerts.ForUpdate().SingleAsync(x => x.Id == 2);
            Assert.Equal([2], await LockedFromOutsideAsync());
        }

        Assert.Empty(await database.LockedAsync("concerts"));
    }

    [Fact]
    public async Task A_transaction_scope_around_an_open_connection_counts_and_holds_the_lock()
    {
        await using var context = database.Open();
        await context.Database.OpenConnectionAsync();
        using var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled);
        await context.Concerts.ForUpdate().SingleAsync(x => x.Id == 2);

        Assert.Equal([2], await LockedFromOutsideAsync());
    }

    [Fact]
    public async Task An_enlisted_transaction_counts_and_holds_the_lock()
    {
        await using var context = database.Open();
        await context.Database.OpenConnectionAsync();
        using var enlisted = new CommittableTransaction();
        context.Database.EnlistTransaction(enlisted);
        await context.Concerts.ForUpdate().SingleAsync(x => x.Id == 2);

        Assert.Equal([2], await database.LockedAsync("concerts"));
        enlisted.Rollback();
    }

    [Fact]
    public async Task A_transaction_of_the_driver_counts_once_it_is_handed_over()
    {
        await using var connection = await database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var context = database.Open(configure: options => options.UseNpgsql(connection));
        await Assert.ThrowsAsync<RowLockOutsideTransactionException>(() => context.Concerts.ForUpdate().ToListAsync());

        await context.Database.UseTransactionAsync(transaction);
        await context.Concerts.ForUpdate().SingleAsync(x => x.Id == 2);

        Assert.Equal([2], await database.LockedAsync("concerts"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_transaction_scope_that_the_connection_does_not_join_is_refused(bool dataSource)
    {
        var settings = database.ConnectionString + ";Enlist=false";
        await using var source = NpgsqlDataSource.Create(settings);
        using var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled);
        await using var context = database.Open(configure: options => _ = dataSource ? options.UseNpgsql(source) : options.UseNpgsql(settings));

        await Assert.ThrowsAsync<RowLockOutsideTransactionException>(() => context.Concerts.ForUpdate().SingleAsync(x => x.Id == 2));
    }

    [Fact]
    public async Task An_enlisted_transaction_counts_on_a_connection_that_joins_no_scope_by_itself()
    {
        await using var context = database.Open(configure: options => options.UseNpgsql(database.ConnectionString + ";Enlist=false"));
        await context.Database.OpenConnectionAsync();
        using var enlisted = new CommittableTransaction();
        context.Database.EnlistTransaction(enlisted);
        await context.Concerts.ForUpdate().SingleAsync(x => x.Id == 2);

        Assert.Equal([2], await database.LockedAsync("concerts"));
        enlisted.Rollback();
        await Assert.ThrowsAsync<RowLockOutsideTransactionException>(() => context.Concerts.ForUpdate().ToListAsync());
    }

    [Theory]
    [InlineData("committed")]
    [InlineData("rolled back")]
    [InlineData("disposed")]
    [InlineData("followed by another")]
    public async Task A_transaction_of_the_driver_that_its_owner_has_ended_is_refused(string ended)
    {
        await using var connection = await database.Source.OpenConnectionAsync();
        var transaction = await connection.BeginTransactionAsync();
        var sent = new ConcurrentQueue<string>();
        await using var context = database.Open(sent, configure: options => options.UseNpgsql(connection));
        await context.Database.UseTransactionAsync(transaction);
        await (ended switch
        {
            "committed" or "followed by another" => transaction.CommitAsync(),
            "rolled back" => transaction.RollbackAsync(),
            _ => transaction.DisposeAsync().AsTask(),
        });
        await using var other = ended == "followed by another" ? await database.Source.OpenConnectionAsync() : null;
        await using var unrelated = other is null ? null : await other.BeginTransactionAsync();

        // EF Core still holds it. Npgsql takes no command for it, so no lock is lost; should it ever, this fails.
        await Assert.ThrowsAsync<InvalidOperationException>(() => context.Concerts.ForUpdate().ToListAsync());
        await Assert.ThrowsAsync<InvalidOperationException>(() => Compiled(context, 1));
        Assert.Empty(sent);
    }

    [Fact]
    public async Task The_lock_ends_with_the_transaction()
    {
        await WithTransactionAsync(c => c.Concerts.ForUpdate().ToListAsync());
        Assert.Empty(await database.LockedAsync("concerts"));
    }

    private async Task<List<int>> LockedFromOutsideAsync()
    {
        using var outside = new TransactionScope(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled);
        return await database.LockedAsync("concerts");
    }

    private async Task WithTransactionAsync<T>(Func<ConcertContext, Task<T>> query)
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        await query(context);
    }

    private async Task RefusedAsync<T>(Func<ConcertContext, Task<T>> query)
    {
        var sent = new ConcurrentQueue<string>();
        await using var context = database.Open(sent);

        await Assert.ThrowsAsync<RowLockOutsideTransactionException>(() => query(context));

        Assert.Empty(sent);
    }
}
