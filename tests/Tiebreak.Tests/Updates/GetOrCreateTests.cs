using System.Collections.Concurrent;
using System.Data;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.RowLocks;
using Tiebreak.Transactions;
using Tiebreak.Updates;

namespace Tiebreak.Tests.Updates;

public sealed class GetOrCreateTests(ShopDatabase database) : IClassFixture<ShopDatabase>
{
    [Fact]
    public async Task One_of_forty_at_once_creates_and_all_get_the_same_row()
    {
        var email = Email();
        var results = await Task.WhenAll(Enumerable.Range(0, 40).Select(async number =>
        {
            await using var context = database.Open();
            return await context.Users.GetOrCreateAsync(u => u.Email, new User { Email = email, Name = $"n{number}" });
        }));

        Assert.Single(results, result => result.Created);
        Assert.Single(results.Select(result => (result.Entity.Id, result.Entity.Name)).Distinct());
        Assert.Equal(results.Single(result => result.Created).Entity.Name, (await ReadAsync(email)).Name);
    }

    [Fact]
    public async Task What_comes_back_has_every_value_of_the_row_in_one_statement()
    {
        var email = Email();
        var sent = new ConcurrentQueue<string>();
        await using var context = database.Open(sent);
        var given = new User { Email = email, Name = "Ada", State = SeatState.Held, Fee = new Price { Amount = 3 }, Tags = ["a", "b"] };

        var (made, created) = await context.Users.GetOrCreateAsync(u => u.Email, given);
        Assert.True(created);
        Assert.NotSame(given, made);
        Assert.True(made is { Id: > 0, Version: > 0, Name: "Ada", State: SeatState.Held, Fee.Amount: 3, Tags: ["a", "b"] });
        Assert.NotEqual(default, made.MadeAt);
        Assert.Equal(EntityState.Unchanged, context.Entry(made).State);
        Assert.Equal(EntityState.Detached, context.Entry(given).State);

        var (again, createdAgain) = await context.Users.GetOrCreateAsync(u => u.Email, new User { Email = email, Name = "Bob" });
        Assert.False(createdAgain);
        Assert.Same(made, again);
        Assert.Equal(2, sent.Count);

        made.Name = "Eve";
        await context.SaveChangesAsync();
        Assert.Equal("Eve", (await ReadAsync(email)).Name);
    }

    [Fact]
    public async Task A_plain_get_writes_nothing_and_takes_no_number()
    {
        var email = Email();
        await using var context = database.Open();
        var made = (await context.Users.GetOrCreateAsync(u => u.Email, new User { Email = email })).Entity;
        for (var i = 0; i < 3; i++)
        {
            await context.Users.AsQueryable().SingleAsync(u => u.Email == email);
            Assert.Equal(made.Version, (await context.Users.GetOrCreateAsync(u => u.Email, new User { Email = email })).Entity.Version);
        }

        // The sequence is shared with other tests; a plain get of its own session would show here.
        await using var connection = await database.Source.OpenConnectionAsync();
        await using var own = new ShopContext(new DbContextOptionsBuilder<ShopContext>().UseNpgsql(connection).UseTiebreak().Options);
        await own.Users.GetOrCreateAsync(u => u.Email, new User { Email = email });
        await using var command = new NpgsqlCommand("SELECT lastval()", connection);
        Assert.Equal("55000", (await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteScalarAsync())).SqlState);
    }

    [Fact]
    public async Task Who_waited_for_an_insert_gets_the_row_that_it_committed()
    {
        var email = Email();
        await using var holder = database.Open();
        await using var held = await holder.Database.BeginTransactionAsync();
        holder.Add(new User { Email = email, Name = "first" });
        await holder.SaveChangesAsync();

        await using var waiter = database.Open();
        var waiting = waiter.Users.GetOrCreateAsync(u => u.Email, new User { Email = email, Name = "second" });
        await database.UntilWaitingBehindAsync(holder);
        await held.CommitAsync();

        var (entity, created) = await waiting;
        Assert.Equal(("first", false), (entity.Name, created));
    }

    [Fact]
    public async Task Who_waited_for_an_insert_that_was_rolled_back_creates()
    {
        var email = Email();
        await using var holder = database.Open();
        await using var held = await holder.Database.BeginTransactionAsync();
        holder.Add(new User { Email = email, Name = "first" });
        await holder.SaveChangesAsync();

        await using var waiter = database.Open();
        var waiting = waiter.Users.GetOrCreateAsync(u => u.Email, new User { Email = email, Name = "second" });
        await database.UntilWaitingBehindAsync(holder);
        await held.RollbackAsync();

        var (entity, created) = await waiting;
        Assert.Equal(("second", true), (entity.Name, created));
    }

    [Fact]
    public async Task A_row_that_a_query_filter_hides_is_found()
    {
        var email = Email();
        await database.AddAsync(new User { Email = email, Name = "deleted" });
        await using var context = database.Open();
        var (entity, created) = await context.Users.GetOrCreateAsync(u => u.Email, new User { Email = email, Name = "new" });
        Assert.Equal(("deleted", false), (entity.Name, created));
    }

    [Fact]
    public async Task Forty_at_once_lose_no_addition()
    {
        var email = Email();
        var results = await Task.WhenAll(Enumerable.Range(0, 40).Select(async number =>
        {
            await using var context = database.Open();
            return await context.Users.CreateOrUpdateAsync(
                u => u.Email, new User { Email = email, Name = $"n{number}", Visits = 1 }, overwrite: u => new { u.Name, u.State }, add: u => u.Visits);
        }));

        Assert.Single(results, result => result.Created);
        Assert.Equal(Enumerable.Range(1, 40), results.Select(result => result.Entity.Visits).Order());
        Assert.Equal(40, (await ReadAsync(email)).Visits);
    }

    [Fact]
    public async Task A_key_that_the_application_gives_finds_as_well()
    {
        await using var context = database.Open();
        var id = database.NewId();
        Assert.True((await context.Plains.GetOrCreateAsync(p => p.Id, new Plain { Id = id, Value = 1 })).Created);
        var (row, created) = await context.Plains.CreateOrUpdateAsync(p => p.Id, new Plain { Id = id, Value = 5 }, add: p => p.Value);
        Assert.Equal((6, false), (row.Value, created));
    }

    [Fact]
    public async Task A_context_that_tracks_nothing_gets_an_untracked_row()
    {
        await using var context = database.Open(configure: options => options.UseQueryTrackingBehavior(QueryTrackingBehavior.NoTracking));
        var email = Email();
        Assert.True((await context.Users.GetOrCreateAsync(u => u.Email, new User { Email = email, Name = "Ada" })).Created);
        var (user, created) = await context.Users.GetOrCreateAsync(u => u.Email, new User { Email = email });
        Assert.Equal(("Ada", false), (user.Name, created));
        Assert.Empty(context.ChangeTracker.Entries());
    }

    [Fact]
    public async Task An_entity_of_its_key_alone_can_be_created()
    {
        await using var context = database.Open();
        var id = database.NewId();
        Assert.True((await context.Set<KeyOnly>().GetOrCreateAsync(k => k.Id, new KeyOnly { Id = id })).Created);
        Assert.False((await context.Set<KeyOnly>().GetOrCreateAsync(k => k.Id, new KeyOnly { Id = id })).Created);
    }

    [Fact]
    public async Task A_collision_at_repeatable_read_is_none_outside_a_transaction_and_is_tried_again_in_an_atomic_block()
    {
        var email = Email();
        await using var holder = database.Open();
        await using var held = await holder.Database.BeginTransactionAsync();
        holder.Add(new User { Email = email, Name = "first" });
        await holder.SaveChangesAsync();

        await using var connection = await database.Source.OpenConnectionAsync();
        await using (var command = new NpgsqlCommand("SET default_transaction_isolation = 'repeatable read'", connection))
        {
            await command.ExecuteNonQueryAsync();
        }

        await using var waiter = new ShopContext(new DbContextOptionsBuilder<ShopContext>().UseNpgsql(connection).UseTiebreak().Options);
        var alone = waiter.Users.GetOrCreateAsync(u => u.Email, new User { Email = email });
        var block = database.Contexts.AtomicAsync(
            (db, token) => db.Users.GetOrCreateAsync(u => u.Email, new User { Email = email }, token),
            new AtomicOptions { IsolationLevel = IsolationLevel.RepeatableRead });
        await database.UntilWaitingBehindAsync(holder, 2);
        await held.CommitAsync();

        Assert.Equal(("first", false), ((await alone).Entity.Name, (await alone).Created));
        Assert.Equal(("first", false), ((await block).Entity.Name, (await block).Created));
    }

    [Fact]
    public async Task What_cannot_meet_in_an_index_is_refused()
    {
        await using var context = database.Open();
        await Assert.ThrowsAsync<UpdateNotPossibleException>(() => context.Users.GetOrCreateAsync(u => u.Name, new User { Name = "x" }));
        await Assert.ThrowsAsync<UpdateNotPossibleException>(() => context.Users.GetOrCreateAsync(u => new { u.Email, u.Name }, new User { Email = "x" }));
        await Assert.ThrowsAsync<UpdateNotPossibleException>(() => context.Notes.GetOrCreateAsync(n => n.Id, new Note { Id = 1 }));
        await Assert.ThrowsAsync<UpdateNotPossibleException>(() => context.Tickets.GetOrCreateAsync(t => t.Id, new DayTicket { Id = 1 }));
        await Assert.ThrowsAsync<ArgumentException>(() => context.Users.GetOrCreateAsync(u => u.Id, new User()));
        await Assert.ThrowsAsync<ArgumentException>(() => context.Users.GetOrCreateAsync(u => u.Email, new User { Email = null! }));
        await Assert.ThrowsAsync<ArgumentException>(() => context.Users.CreateOrUpdateAsync(u => u.Email, new User { Email = "x" }));
        await Assert.ThrowsAsync<ArgumentException>(() => context.Users.CreateOrUpdateAsync(u => u.Email, new User { Email = "x" }, overwrite: u => u.Email));
    }

    [Fact]
    public async Task Unsaved_changes_are_refused_before_anything_is_sent()
    {
        var email = Email();
        await database.AddAsync(new User { Email = email });
        await using var context = database.Open();
        (await context.Users.SingleAsync(u => u.Email == email)).Name = "changed";
        await Assert.ThrowsAsync<UnsavedChangesException>(() =>
            context.Users.CreateOrUpdateAsync(u => u.Email, new User { Email = email, Visits = 1 }, add: u => u.Visits));
        Assert.Equal(0, (await ReadAsync(email)).Visits);
    }

    private static string Email() => $"{Guid.NewGuid():n}@example.org";

    private async Task<User> ReadAsync(string email)
    {
        await using var context = database.Open();
        return await context.Users.SingleAsync(u => u.Email == email);
    }
}
