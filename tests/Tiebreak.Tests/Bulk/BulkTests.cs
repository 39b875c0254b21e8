using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Bulk;
using Tiebreak.Tests.Transactions;

namespace Tiebreak.Tests.Bulk;

public sealed class BulkTests(ShapeDatabase database) : IClassFixture<ShapeDatabase>
{
    [Fact]
    public async Task Several_lists_travel_in_one_round_trip_in_their_order()
    {
        var code = database.NewCode();
        await using var wire = new Wire(database.ConnectionString);
        await using var source = NpgsqlDataSource.Create(wire.ConnectionString);
        await using var context = database.Open(source: source);
        await context.Uses.CountAsync();
        var before = wire.RoundTrips.Count;

        var uses = ShapeDatabase.Uses(code, 3);
        var bulk = context.Bulk();
        bulk.Insert(uses);
        bulk.Insert([new Membership { GroupId = code, UserId = "a" }, new Membership { GroupId = code, UserId = "b" }]);
        uses[0].Number = 7;
        var updated = bulk.Update(uses, use => use.Number);
        var deleted = bulk.Delete([new Membership { GroupId = code, UserId = "a" }, new Membership { GroupId = code, UserId = "c" }]);
        Assert.Equal(3 + 2 + 3 + 1, await bulk.ExecuteAsync());

        Assert.Equal(before + 1, wire.RoundTrips.Count);
        Assert.Equal(uses, updated.Written);
        Assert.Equal("c", Assert.Single(deleted.Missed).UserId);
        Assert.Equal("b", (await context.Memberships.SingleAsync(membership => membership.GroupId == code)).UserId);
        Assert.Equal(0, await bulk.ExecuteAsync());
    }

    [Fact]
    public async Task A_batch_that_fails_outside_a_transaction_writes_nothing()
    {
        var code = database.NewCode();
        await using var context = database.Open();
        var uses = ShapeDatabase.Uses(code, 2);
        var bulk = context.Bulk();
        bulk.Insert(uses);
        var again = bulk.InsertOrIgnore([new Membership { GroupId = code, UserId = "a" }]);
        bulk.Insert(uses[..1]);
        var error = await Assert.ThrowsAsync<DbUpdateException>(() => bulk.ExecuteAsync());
        Assert.Equal(PostgresErrorCodes.UniqueViolation, Assert.IsType<PostgresException>(error.InnerException).SqlState);
        Assert.Throws<InvalidOperationException>(() => again.Written);
        Assert.False(await context.Uses.AnyAsync(use => use.Code == code));
        Assert.False(await context.Memberships.AnyAsync(membership => membership.GroupId == code));
    }

    [Fact]
    public async Task A_batch_belongs_to_the_transaction_around_it()
    {
        var code = database.NewCode();
        await using var context = database.Open();
        await using (await context.Database.BeginTransactionAsync())
        {
            await context.BulkInsertAsync(ShapeDatabase.Uses(code, 2));
            Assert.Equal(2, await context.Uses.CountAsync(use => use.Code == code));
        }

        Assert.False(await context.Uses.AnyAsync(use => use.Code == code));
    }

    [Fact]
    public async Task An_empty_list_sends_nothing()
    {
        await using var source = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Timeout=1");
        await using var context = database.Open(source: source);
        Assert.Equal(0, await context.BulkInsertAsync<Use>([]));
        Assert.Empty((await context.BulkUpdateAsync<Use>([])).Missed);
        Assert.Equal(0, await context.Bulk().ExecuteAsync());
    }

    [Fact]
    public async Task A_row_of_many_that_is_not_there_is_told()
    {
        var code = database.NewCode();
        await using var context = database.Open();
        var uses = ShapeDatabase.Uses(code, 100);
        await context.BulkInsertAsync(uses[..50]);
        uses.ForEach(use => use.Tags = [use.UserId]);
        var result = await context.BulkUpdateAsync(uses);
        Assert.Equal(uses[50..], result.Missed);
        Assert.All(await context.Uses.Where(use => use.Code == code).ToListAsync(), use => Assert.Equal([use.UserId], use.Tags));
    }

    [Fact]
    public async Task Only_chosen_properties_are_written()
    {
        var code = database.NewCode();
        await using var context = database.Open();
        var uses = ShapeDatabase.Uses(code, 2);
        await context.BulkInsertAsync(uses);
        await context.BulkUpdateAsync(uses.Select(use => new Use { Id = use.Id, Number = 77 }), use => new { use.Number });
        Assert.All(await context.Uses.AsNoTracking().Where(use => use.Code == code).ToListAsync(), use => Assert.Equal(77, use.Number));
    }

    [Fact]
    public async Task A_text_that_is_too_long_is_refused_and_not_cut()
    {
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        await context.Database.ExecuteSqlRawAsync("ALTER TABLE \"Odd \"\"schema\"\"\".uses ALTER COLUMN \"Code\" TYPE varchar(20)");
        var error = await Assert.ThrowsAsync<DbUpdateException>(() => context.BulkInsertAsync(ShapeDatabase.Uses(new string('x', 21), 1)));
        Assert.Equal(PostgresErrorCodes.StringDataRightTruncation, Assert.IsType<PostgresException>(error.InnerException).SqlState);
    }

    [Fact]
    public async Task The_change_tracker_is_not_touched()
    {
        var code = database.NewCode();
        await using var context = database.Open();
        var uses = ShapeDatabase.Uses(code, 2);
        context.Add(uses[0]);
        await context.BulkInsertAsync(uses[1..]);
        Assert.Equal(uses[0], Assert.Single(context.ChangeTracker.Entries()).Entity);
        Assert.Equal(EntityState.Added, context.Entry(uses[0]).State);
    }

    [Fact]
    public async Task The_statement_is_logged_as_any_other_and_its_text_stays_the_same()
    {
        var sent = new ConcurrentQueue<string>();
        await using var context = database.Open(sent);
        await context.BulkInsertAsync([.. ShapeDatabase.Uses(database.NewCode(), 1), .. ShapeDatabase.Uses(database.NewCode(), 1)]);
        await context.BulkInsertAsync([.. ShapeDatabase.Uses(database.NewCode(), 2), .. ShapeDatabase.Uses(database.NewCode(), 3)]);
        Assert.Equal(2, sent.Count);
        Assert.All(sent, text => Assert.Contains("(@p0_5::text[])[u.c3 : u.c4]", text, StringComparison.Ordinal));
        Assert.All(sent, text => Assert.Contains("@p0_1::text[]", text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_value_that_all_rows_have_travels_once()
    {
        var sent = new ConcurrentQueue<string>();
        var code = database.NewCode();
        await using var context = database.Open(sent);
        var uses = ShapeDatabase.Uses(code, 5);

        Assert.Equal(5, await context.BulkInsertAsync(uses));

        Assert.Contains("SELECT u.c0, @p0_1::text, u.c2,", Assert.Single(sent), StringComparison.Ordinal);
        Assert.All(await context.Set<Use>().Where(use => use.Code == code).ToListAsync(), use => Assert.Contains(uses, one => one.Id == use.Id && one.Number == use.Number));
        Assert.Equal(5, await context.Set<Use>().CountAsync(use => use.Code == code));
    }

    [Fact]
    public async Task Cancellation_ends_the_wait_for_a_lock_and_is_not_wrapped()
    {
        var code = database.NewCode();
        await using var holder = database.Open();
        var uses = ShapeDatabase.Uses(code, 1);
        await using var transaction = await holder.Database.BeginTransactionAsync();
        await holder.BulkInsertAsync(uses);

        await using var context = database.Open();
        using var cancel = new CancellationTokenSource();
        var waiting = context.BulkInsertOrIgnoreAsync(uses, cancellationToken: cancel.Token);
        await UntilWaitingAsync();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task A_lost_connection_is_retried_under_a_retrying_strategy_and_an_error_without_one()
    {
        var code = database.NewCode();
        await using var plain = database.Open();
        await using var retrying = database.Open(configure: options => options.UseNpgsql(database.Source, npgsql => npgsql.EnableRetryOnFailure(3, TimeSpan.FromMilliseconds(10), null)));
        await EndAsync(plain);
        await Assert.ThrowsAsync<DbUpdateException>(() => plain.BulkInsertAsync(ShapeDatabase.Uses(code, 1)));
        await EndAsync(retrying);
        Assert.Equal(2, await retrying.BulkInsertAsync(ShapeDatabase.Uses(code, 2)));
        Assert.Equal(2, await plain.Uses.CountAsync(use => use.Code == code));
    }

    [Fact]
    public async Task A_hundred_thousand_rows_are_inserted_updated_and_deleted()
    {
        var code = database.NewCode();
        await using var context = database.Open();
        var uses = ShapeDatabase.Uses(code, 100_000);
        uses.ForEach(use => use.Tags = ["a", use.UserId]);
        Assert.Equal(uses.Count, await context.BulkInsertAsync(uses));
        uses.ForEach(use => use.Number = -use.Number);
        Assert.Equal(uses.Count, (await context.BulkUpdateAsync(uses, use => use.Number)).Written.Count);
        Assert.Equal(uses.Sum(use => (long)use.Number), await context.Uses.Where(use => use.Code == code).SumAsync(use => (long)use.Number));
        Assert.Equal(uses.Count, await context.Uses.CountAsync(use => use.Code == code && use.Tags[1] == use.UserId));
        Assert.Empty((await context.BulkDeleteAsync(uses)).Missed);
    }

    /// <summary>Opens the context's connection and ends it on the server, as a restart would.</summary>
    private async Task EndAsync(ShapeContext context)
    {
        await context.Database.OpenConnectionAsync();
        var pid = ((NpgsqlConnection)context.Database.GetDbConnection()).ProcessID;
        await using var command = database.Source.CreateCommand("SELECT pg_terminate_backend($1, 10000)");
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = pid });
        Assert.Equal(true, await command.ExecuteScalarAsync());
    }

    private async Task UntilWaitingAsync()
    {
        await using var command = database.Source.CreateCommand("SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");
        for (var attempt = 0; attempt < 3000 && await command.ExecuteScalarAsync() is not true; attempt++)
        {
            await Task.Delay(10);
        }
    }
}
