using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Tiebreak.RowLocks;
using Tiebreak.Updates;

namespace Tiebreak.Tests.Updates;

public sealed class UpdateReturningTests(ShopDatabase database) : IClassFixture<ShopDatabase>
{
    [Fact]
    public async Task The_new_row_comes_back_in_one_statement()
    {
        var id = await SeatAsync();
        var sent = new ConcurrentQueue<string>();
        await using var context = database.Open(sent);

        var row = Assert.Single(await context.Seats.Where(s => s.Id == id && s.Taken < s.Places)
            .UpdateReturningAsync(set => set.SetProperty(s => s.Taken, s => s.Taken + 1).SetProperty(s => s.State, SeatState.Held), TestContext.Current.CancellationToken));

        Assert.Equal((1, 2, SeatState.Held, 20m), (row.Taken, row.Places, row.State, row.Price.Amount));
        Assert.Equal(EntityState.Unchanged, context.Entry(row).State);
        var statement = Assert.Single(sent);
        Assert.Contains("UPDATE", statement, StringComparison.Ordinal);
        Assert.Contains("RETURNING", statement, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tracked_row_is_brought_up_to_date_in_place()
    {
        var id = await SeatAsync();
        await using var context = database.Open();
        var tracked = await context.Seats.SingleAsync(s => s.Id == id);
        await using (var other = database.Open())
        {
            await other.Seats.Where(s => s.Id == id).ExecuteUpdateAsync(set => set.SetProperty(s => s.Places, 7).SetProperty(s => s.Price.Amount, 5));
        }

        var row = await context.Seats.Where(s => s.Id == id).TryUpdateReturningAsync(
            set => set.SetProperty(s => s.Taken, s => s.Taken + 1).SetProperty(s => EF.Property<string>(s, "Shadow"), "new"));

        Assert.Same(tracked, row);
        Assert.Equal((1, 7, 5m), (tracked.Taken, tracked.Places, tracked.Price.Amount));
        Assert.Equal("new", context.Entry(tracked).Property("Shadow").OriginalValue);
        Assert.Equal(0, await context.SaveChangesAsync());
    }

    [Fact]
    public async Task An_untracked_call_leaves_what_is_tracked_alone()
    {
        var id = await SeatAsync();
        await using var context = database.Open();
        var tracked = await context.Seats.SingleAsync(s => s.Id == id);
        tracked.Places = 9;

        var row = await context.Seats.AsNoTracking().Where(s => s.Id == id).TryUpdateReturningAsync(set => set.SetProperty(s => s.Taken, 2));

        Assert.Equal((2, 2), (row!.Taken, row.Places));
        Assert.Equal((0, 9), (tracked.Taken, tracked.Places));
    }

    [Fact]
    public async Task Unsaved_changes_are_refused_and_nothing_is_sent()
    {
        var id = await SeatAsync();
        await using var context = database.Open();
        (await context.Seats.SingleAsync(s => s.Id == id)).Places = 9;

        var refusal = await Assert.ThrowsAsync<UnsavedChangesException>(() =>
            context.Seats.Where(s => s.Id == id).UpdateReturningAsync(set => set.SetProperty(s => s.Taken, 2)));

        Assert.Equal([nameof(Seat.Places)], refusal.Properties);
        Assert.Contains("Nothing was sent", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(0, await TakenAsync(id));
    }

    [Fact]
    public async Task A_condition_that_does_not_hold_changes_nothing_and_says_null()
    {
        var id = await SeatAsync(places: 0);
        await using var context = database.Open();

        Assert.Null(await context.Seats.Where(s => s.Id == id && s.Taken < s.Places).TryUpdateReturningAsync(set => set.SetProperty(s => s.Taken, s => s.Taken + 1)));
        Assert.Empty(await context.Seats.Where(s => s.Id == -1).UpdateReturningAsync(set => set.SetProperty(s => s.Taken, 1)));
        Assert.Equal(0, await TakenAsync(id));
    }

    [Fact]
    public async Task Forty_at_once_take_no_more_than_there_is()
    {
        var id = await SeatAsync(places: 7);
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(async _ =>
        {
            await using var context = database.Open();
            return await context.Seats.Where(s => s.Id == id && s.Taken < s.Places).TryUpdateReturningAsync(set => set.SetProperty(s => s.Taken, s => s.Taken + 1));
        }));

        Assert.Equal(Enumerable.Range(1, 7), answers.OfType<Seat>().Select(s => s.Taken).Order());
        Assert.Equal(7, await TakenAsync(id));
    }

    [Fact]
    public async Task Who_waited_is_judged_on_what_the_holder_committed()
    {
        var id = await SeatAsync(places: 1);
        await using var holder = database.Open();
        await using var held = await holder.Database.BeginTransactionAsync();
        await holder.Seats.Where(s => s.Id == id).ExecuteUpdateAsync(set => set.SetProperty(s => s.Taken, 1));

        await using var waiter = database.Open();
        var waiting = waiter.Seats.Where(s => s.Id == id && s.Taken < s.Places).TryUpdateReturningAsync(set => set.SetProperty(s => s.Taken, s => s.Taken + 1));
        await database.UntilWaitingBehindAsync(holder);
        await held.CommitAsync();

        Assert.Null(await waiting);
    }

    [Fact]
    public async Task A_rolled_back_transaction_takes_the_change_with_it()
    {
        var id = await SeatAsync();
        await using var context = database.Open();
        await using (await context.Database.BeginTransactionAsync())
        {
            Assert.NotNull(await context.Seats.Where(s => s.Id == id).TryUpdateReturningAsync(set => set.SetProperty(s => s.Taken, 2)));
        }

        Assert.Equal(0, await TakenAsync(id));
    }

    [Fact]
    public async Task Parameters_of_any_shape_reach_the_statement_and_cached_queries_take_new_ones()
    {
        var ids = new[] { await SeatAsync(), await SeatAsync() };
        await using var context = database.Open();
        foreach (var (wanted, state) in new[] { (ids, (SeatState?)null), ([ids[0]], SeatState.Held), (ids, SeatState.Held) })
        {
            var rows = await context.Seats.Where(s => wanted.Contains(s.Id) && (state == null || s.State != SeatState.Free || s.Id > 0))
                .UpdateReturningAsync(set => set.SetProperty(s => s.State, state ?? SeatState.Free).SetProperty(s => s.HallId, (int?)null));
            Assert.Equal(wanted.Order(), rows.Select(s => s.Id).Order());
            Assert.All(rows, row => Assert.Equal(state ?? SeatState.Free, row.State));
        }
    }

    [Fact]
    public async Task A_required_condition_on_a_parent_is_joined()
    {
        var hall = new Hall { Id = database.NewId(), Open = true };
        var seat = await database.AddAsync(new Seat { Id = database.NewId(), Hall = hall, Places = 1 });
        await using var context = database.Open();
        var open = context.Set<Hall>().Where(h => h.Open).Select(h => (int?)h.Id);

        Assert.NotNull(await context.Seats.Where(s => s.Id == seat.Id && open.Contains(s.HallId)).TryUpdateReturningAsync(set => set.SetProperty(s => s.Taken, 1)));
        await Assert.ThrowsAsync<UpdateNotPossibleException>(() =>
            context.Seats.Where(s => s.Id == seat.Id && s.Hall!.Open).TryUpdateReturningAsync(set => set.SetProperty(s => s.Taken, 2)));
    }

    [Fact]
    public async Task A_hierarchy_in_one_table_comes_back_as_its_types()
    {
        var (day, seat) = (database.NewId(), database.NewId());
        await database.AddAsync<Ticket>(new DayTicket { Id = day, Day = 3 });
        await database.AddAsync<Ticket>(new SeatTicket { Id = seat, Seat = "A1" });
        await using var context = database.Open();

        var rows = await context.Tickets.Where(t => t.Id == day || t.Id == seat).UpdateReturningAsync(set => set.SetProperty(t => t.Uses, 1));
        Assert.Equal(3, Assert.Single(rows.OfType<DayTicket>()).Day);
        Assert.Equal("A1", Assert.Single(rows.OfType<SeatTicket>()).Seat);

        var one = await context.Tickets.OfType<DayTicket>().Where(t => t.Id == day).TryUpdateReturningAsync(set => set.SetProperty(t => t.Day, 4));
        Assert.Equal((4, 1), (one!.Day, one.Uses));
    }

    [Fact]
    public async Task JSON_comes_back_untracked_and_is_refused_where_a_stale_copy_is_tracked()
    {
        var id = database.NewId();
        await database.AddAsync(new Note { Id = id, Text = "a", Line = new Line { First = "x" } });
        await using var context = database.Open();
        var row = await context.Notes.AsNoTracking().Where(n => n.Id == id).TryUpdateReturningAsync(set => set.SetProperty(n => n.Text, "b"));
        Assert.Equal(("b", "x"), (row!.Text, row.Line.First));

        await context.Notes.SingleAsync(n => n.Id == id);
        await Assert.ThrowsAsync<UpdateNotPossibleException>(() => context.Notes.Where(n => n.Id == id).TryUpdateReturningAsync(set => set.SetProperty(n => n.Text, "c")));
    }

    [Fact]
    public async Task Shapes_that_cannot_be_judged_are_refused_before_anything_is_sent()
    {
        var sent = new ConcurrentQueue<string>();
        await using var context = database.Open(sent);
        async Task Refused(Func<Task> call) => await Assert.ThrowsAsync<UpdateNotPossibleException>(call);

        await Refused(() => context.Seats.OrderBy(s => s.Id).Take(1).UpdateReturningAsync(set => set.SetProperty(s => s.Taken, 1)));
        await Refused(() => context.Seats.ForUpdate().UpdateReturningAsync(set => set.SetProperty(s => s.Taken, 1)));
        await Refused(() => context.Seats.Include(s => s.Hall).UpdateReturningAsync(set => set.SetProperty(s => s.Taken, 1)));
        await Refused(() => context.Seats.FromSqlRaw("SELECT * FROM x").UpdateReturningAsync(set => set.SetProperty(s => s.Taken, 1)));
        await Refused(() => context.Vehicles.UpdateReturningAsync(set => set.SetProperty(v => v.Wheels, 1)));
        await Refused(() => context.Seats.Where(s => s.Taken == 0).TryUpdateReturningAsync(set => set.SetProperty(s => s.Taken, 1)));
        await Refused(() => context.Seats.Where(s => s.Id == 1 || s.Taken == 0).TryUpdateReturningAsync(set => set.SetProperty(s => s.Taken, 1)));
        await Refused(() => new List<Seat>().AsQueryable().UpdateReturningAsync(set => set.SetProperty(s => s.Taken, 1)));
        await using var bare = new ShopContext(new DbContextOptionsBuilder<ShopContext>().UseNpgsql(database.Source).Options);
        await Refused(() => bare.Seats.UpdateReturningAsync(set => set.SetProperty(s => s.Taken, 1)));
        Assert.Empty(sent);
    }

    [Fact]
    public async Task It_runs_under_a_retrying_strategy()
    {
        var id = await SeatAsync();
        await using var context = database.Open(npgsql: options => options.EnableRetryOnFailure());
        Assert.Equal(1, (await context.Seats.Where(s => s.Id == id).TryUpdateReturningAsync(set => set.SetProperty(s => s.Taken, s => s.Taken + 1)))!.Taken);
        Assert.Equal(1, await TakenAsync(id));
    }

    private async Task<int> SeatAsync(int places = 2) =>
        (await database.AddAsync(new Seat { Id = database.NewId(), Places = places, Price = new Price { Amount = 20 } })).Id;

    private async Task<int?> TakenAsync(int id)
    {
        await using var context = database.Open();
        return await context.Seats.Where(s => s.Id == id).Select(s => (int?)s.Taken).SingleOrDefaultAsync();
    }
}
