using Microsoft.EntityFrameworkCore;
using Tiebreak.RowLocks;

namespace Tiebreak.Tests.RowLocks;

/// <summary>Which rows are locked, seen by a second connection that skips locked rows, and what is sent for it.</summary>
public sealed class LockedRowsTests(ConcertDatabase database) : IClassFixture<ConcertDatabase>
{
    [Fact]
    public Task ForUpdate_locks_the_row_that_was_asked_for_and_no_other() =>
        LocksAsync("concerts", [2], c => c.Concerts.Where(x => x.Id == 2).ForUpdate().ToListAsync());

    [Fact]
    public Task The_lock_may_stand_before_the_filter() =>
        LocksAsync("concerts", [2], c => c.Concerts.ForUpdate().Where(x => x.Id == 2).ToListAsync());

    [Fact]
    public Task Without_a_filter_all_rows_are_locked() =>
        LocksAsync("concerts", [1, 2, 3], c => c.Concerts.ForUpdate().ToListAsync());

    [Fact]
    public Task Take_locks_only_what_it_takes() =>
        LocksAsync("concerts", [1, 2], c => c.Concerts.OrderBy(x => x.Id).Take(2).ForUpdate().ToListAsync());

    [Fact]
    public Task Rows_left_out_by_Skip_are_locked_too() =>
        LocksAsync("concerts", [1, 2], c => c.Concerts.OrderBy(x => x.Id).Skip(1).Take(1).ForUpdate().ToListAsync());

    [Fact]
    public Task First_locks_one_row() =>
        LocksAsync("concerts", [3], c => c.Concerts.OrderByDescending(x => x.Id).ForUpdate().FirstAsync());

    [Fact]
    public Task First_with_a_predicate_locks_its_row() =>
        LocksAsync("concerts", [2], c => c.Concerts.ForUpdate().FirstAsync(x => x.Id == 2));

    [Fact]
    public Task Single_with_a_predicate_locks_its_row() =>
        LocksAsync("concerts", [2], c => c.Concerts.ForUpdate().SingleOrDefaultAsync(x => x.Id == 2));

    [Fact]
    public Task Last_locks_its_row() =>
        LocksAsync("concerts", [3], c => c.Concerts.OrderBy(x => x.Id).ForUpdate().LastAsync());

    [Fact]
    public Task ElementAt_locks_the_row_and_those_before_it() =>
        LocksAsync("concerts", [1, 2], c => c.Concerts.OrderBy(x => x.Id).ForUpdate().ElementAtAsync(1));

    [Fact]
    public Task A_row_that_does_not_exist_locks_nothing() =>
        LocksAsync("concerts", [], c => c.Concerts.ForUpdate().FirstOrDefaultAsync(x => x.Id == 99));

    [Fact]
    public Task The_synchronous_query_locks_as_well() =>
        LocksAsync("concerts", [2], c => Task.FromResult(c.Concerts.ForUpdate().Single(x => x.Id == 2)));

    [Fact]
    public Task A_stream_locks_the_rows_it_yields() => LocksAsync("concerts", [1, 2, 3], async c =>
    {
        var seen = 0;
        await foreach (var concert in c.Concerts.OrderBy(x => x.Id).ForUpdate().AsAsyncEnumerable())
        {
            seen += concert.Id;
        }

        return seen;
    });

    [Fact]
    public Task A_query_without_tracking_locks_as_well() =>
        LocksAsync("concerts", [2], c => c.Concerts.AsNoTracking().Where(x => x.Id == 2).ForUpdate().ToListAsync());

    [Fact]
    public Task Identity_resolution_without_tracking_locks_as_well() =>
        LocksAsync("concerts", [2], c => c.Concerts.AsNoTrackingWithIdentityResolution().Where(x => x.Id == 2).ForUpdate().ToListAsync());

    [Fact]
    public Task A_projection_of_own_columns_locks_the_row() => LocksAsync("concerts", [2], async c =>
    {
        var found = await c.Concerts.Where(x => x.Id == 2).ForUpdate()
            .Select(x => new { x.Name, Free = x.Places - x.Taken, x.Hall!.City, x.Terms.Price }).SingleAsync();
        Assert.Equal(("Concert 2", 20, "Bern", 20m), (found.Name, found.Free, found.City, found.Price));
        return found;
    });

    [Fact]
    public Task A_projection_that_holds_the_entity_locks_the_row() => LocksAsync("concerts", [2], async c =>
    {
        var found = await c.Concerts.Where(x => x.Id == 2).ForUpdate().Select(x => new { Concert = x, x.Name }).FirstAsync();
        Assert.Equal(found.Name, found.Concert.Name);
        return found;
    });

    [Fact]
    public Task A_filter_over_a_parent_leaves_the_parent_free() => LocksAsync(
        "concerts", [1, 2, 3], c => c.Concerts.Where(x => x.Promoter!.Active).ForUpdate().ToListAsync(), free: "promoters");

    [Fact]
    public Task A_query_filter_that_joins_leaves_the_parent_free() =>
        LocksAsync("contracts", [1], c => c.Contracts.ForUpdate().ToListAsync(), free: "promoters");

    [Fact]
    public Task Ordering_by_a_parent_leaves_the_parent_free() => LocksAsync(
        "concerts", [1, 2, 3], c => c.Concerts.OrderBy(x => x.Promoter!.Name).ThenBy(x => x.Id).ForUpdate().ToListAsync(), free: "promoters");

    [Fact]
    public Task A_filter_over_children_leaves_the_children_free() => LocksAsync(
        "concerts", [1, 2, 3], c => c.Concerts.Where(x => x.Bookings.Any(b => b.Guest == "Grace")).ForUpdate().ToListAsync(), free: "bookings");

    [Fact]
    public Task A_split_include_locks_the_rows_and_not_their_children() => LocksAsync("concerts", [2], async c =>
    {
        var concert = await c.Concerts.Include(x => x.Bookings).AsSplitQuery().Where(x => x.Id == 2).ForUpdate().SingleAsync();
        Assert.Equal(2, concert.Bookings.Count);
        return concert;
    }, free: "bookings");

    [Fact]
    public Task A_split_projection_of_children_leaves_them_free() => LocksAsync("concerts", [2], async c =>
    {
        var found = await c.Concerts.Where(x => x.Id == 2).ForUpdate().AsSplitQuery()
            .Select(x => new { x.Id, Guests = x.Bookings.Select(b => b.Guest).ToList() }).SingleAsync();
        Assert.Equal(2, found.Guests.Count);
        return found;
    }, free: "bookings");

    [Fact]
    public Task A_base_type_in_one_table_is_locked() =>
        LocksAsync("tickets", [1, 2], c => c.Tickets.ForUpdate().ToListAsync());

    [Fact]
    public Task A_derived_type_in_one_table_is_locked() =>
        LocksAsync("tickets", [1], c => c.Set<SeatTicket>().ForUpdate().ToListAsync());

    [Fact]
    public Task OfType_locks_the_rows_of_that_type() =>
        LocksAsync("tickets", [2], c => c.Tickets.OfType<DayTicket>().ForUpdate().ToListAsync());

    [Fact]
    public Task A_derived_type_with_a_table_of_its_own_is_locked_in_both() => LocksAsync("accounts", [2], async c =>
    {
        var account = await c.Set<SavingsAccount>().ForUpdate().SingleAsync();
        Assert.Equal([2], await database.LockedAsync("savings_accounts"));
        return account;
    });

    [Fact]
    public Task A_concrete_type_of_TPC_is_locked() =>
        LocksAsync("gift_vouchers", [1], c => c.Set<GiftVoucher>().ForUpdate().ToListAsync(), free: "rebate_vouchers");

    [Fact]
    public Task Bare_raw_sql_over_the_table_is_locked() =>
        LocksAsync("bookings", [20], c => c.Bookings.FromSql($"SELECT * FROM bookings WHERE \"Id\" = {20}").ForUpdate().ToListAsync());

    [Fact]
    public Task Raw_sql_with_an_operator_on_top_is_locked() => LocksAsync(
        "bookings", [21], c => c.Bookings.FromSqlRaw("SELECT b.* FROM public.bookings AS b WHERE b.\"Id\" > 20 -- three of them").Where(x => x.Id < 30).ForUpdate().ToListAsync());

    [Fact]
    public Task Raw_sql_with_a_limit_is_locked() => LocksAsync(
        "bookings", [10], c => c.Bookings.FromSqlRaw("SELECT * FROM \"bookings\" ORDER BY \"Id\" LIMIT 1").ForUpdate().ToListAsync());

    [Fact]
    public Task A_compiled_query_locks_at_each_call() => LocksAsync("concerts", [1, 2], async c =>
    {
        await Compiled(c, 1);
        return await Compiled(c, 2);
    });

    [Fact]
    public Task A_compiled_stream_locks() => LocksAsync("concerts", [1, 2], async c =>
    {
        var seen = 0;
        await foreach (var concert in CompiledStream(c, 3))
        {
            seen += concert.Id;
        }

        return seen;
    });

    [Fact]
    public Task A_cached_query_locks_again() => LocksAsync("concerts", [1, 2], async c =>
    {
        for (var id = 1; id <= 2; id++)
        {
            await c.Concerts.Where(x => x.Id == id).ForUpdate().SingleAsync();
        }

        return 0;
    });

    [Fact]
    public Task A_query_with_a_null_parameter_locks_too() => LocksAsync("concerts", [1, 2, 3], async c =>
    {
        foreach (var street in new[] { "none", null })
        {
            await c.Concerts.Where(x => x.Hall!.Street == street).ForUpdate().ToListAsync();
        }

        return 0;
    });

    [Fact]
    public Task A_list_of_keys_locks_each() => LocksAsync("concerts", [1, 3], c =>
    {
        int[] ids = [1, 3];
        return c.Concerts.Where(x => ids.Contains(x.Id)).OrderBy(x => x.Id).ForUpdate().ToListAsync();
    });

    [Theory]
    [InlineData("ForUpdate", "FOR UPDATE OF c", false)]
    [InlineData("ForNoKeyUpdate", "FOR NO KEY UPDATE OF c", true)]
    [InlineData("ForShare", "FOR SHARE OF c", true)]
    [InlineData("ForKeyShare", "FOR KEY SHARE OF c", true)]
    public async Task Each_operator_sends_its_clause_and_lets_foreign_keys_pass_or_not(string name, string clause, bool passes)
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        var source = context.Concerts.Where(c => c.Id == 2);
        var query = name switch
        {
            "ForUpdate" => source.ForUpdate(),
            "ForNoKeyUpdate" => source.ForNoKeyUpdate(),
            "ForShare" => source.ForShare(),
            _ => source.ForKeyShare(),
        };
        await query.SingleAsync();

        Assert.EndsWith(clause, query.ToQueryString(), StringComparison.Ordinal);
        Assert.Equal([2], await database.LockedAsync("concerts"));
        Assert.Equal(passes ? [] : [2], await database.LockedAsync("concerts", "FOR KEY SHARE"));
    }

    [Fact]
    public async Task The_refresh_selects_no_column_twice()
    {
        await using var context = database.Open();
        var query = context.Concerts.TagWith("by key").Where(c => c.Id == 2);

        Assert.Equal(query.ToQueryString() + Environment.NewLine + "FOR UPDATE OF c", query.ForUpdate().ToQueryString());
    }

    [Fact]
    public async Task The_alias_is_the_one_of_the_entity_and_not_of_a_joined_table()
    {
        await using var context = database.Open();

        var sql = context.Concerts.Where(x => x.Promoter!.Active).ForUpdate().ToQueryString();

        Assert.EndsWith("FOR UPDATE OF c", sql, StringComparison.Ordinal);
        Assert.Contains("JOIN promoters AS p", sql, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_query_without_a_lock_is_sent_as_it_was()
    {
        await using var context = database.Open();

        Assert.DoesNotContain("FOR ", context.Concerts.Where(c => c.Id == 2).ToQueryString(), StringComparison.Ordinal);
    }

    private static readonly Func<ConcertContext, int, Task<Concert>> Compiled =
        EF.CompileAsyncQuery((ConcertContext c, int id) => c.Concerts.Where(x => x.Id == id).ForUpdate().Single());

    private static readonly Func<ConcertContext, int, IAsyncEnumerable<Concert>> CompiledStream =
        EF.CompileAsyncQuery((ConcertContext c, int id) => c.Concerts.ForUpdate().Where(x => x.Id < id));

    private async Task LocksAsync<T>(string table, int[] expected, Func<ConcertContext, Task<T>> query, string? free = null)
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        await query(context);

        Assert.Equal(expected, await database.LockedAsync(table));
        if (free is not null)
        {
            Assert.Empty(await database.LockedAsync(free));
        }
    }
}
