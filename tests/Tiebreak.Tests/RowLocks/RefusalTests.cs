using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Tiebreak.RowLocks;

namespace Tiebreak.Tests.RowLocks;

/// <summary>Queries whose rows cannot be locked, or would be older than the lock: refused with nothing sent.</summary>
public sealed class RefusalTests(ConcertDatabase database) : IClassFixture<ConcertDatabase>
{
    [Fact]
    public Task Any_is_refused() => RefusedAsync("Any", c => c.Concerts.ForUpdate().AnyAsync());

    [Fact]
    public Task Any_with_a_predicate_is_refused() => RefusedAsync("Any", c => c.Concerts.ForUpdate().AnyAsync(x => x.Id == 1));

    [Fact]
    public Task All_is_refused() => RefusedAsync("All", c => c.Concerts.ForUpdate().AllAsync(x => x.Id == 1));

    [Fact]
    public Task Contains_is_refused() => RefusedAsync("Contains", c => c.Concerts.ForUpdate().ContainsAsync(new Concert { Id = 1 }));

    [Fact]
    public Task Count_is_refused() => RefusedAsync("Count", c => c.Concerts.ForUpdate().CountAsync());

    [Fact]
    public Task LongCount_is_refused() => RefusedAsync("LongCount", c => c.Concerts.ForUpdate().LongCountAsync(x => x.Id > 1));

    [Fact]
    public Task Sum_is_refused() => RefusedAsync("Sum", c => c.Concerts.ForUpdate().SumAsync(x => x.Places));

    [Fact]
    public Task Sum_after_Select_is_refused() => RefusedAsync("Sum", c => c.Concerts.ForUpdate().Select(x => x.Places).SumAsync());

    [Fact]
    public Task Min_is_refused() => RefusedAsync("Min", c => c.Concerts.ForUpdate().MinAsync(x => x.Places));

    [Fact]
    public Task Max_is_refused() => RefusedAsync("Max", c => c.Concerts.ForUpdate().MaxAsync(x => x.Places));

    [Fact]
    public Task Average_is_refused() => RefusedAsync("Average", c => c.Concerts.ForUpdate().AverageAsync(x => x.Places));

    [Fact]
    public Task Distinct_is_refused() => RefusedAsync("Distinct", c => c.Concerts.ForUpdate().Distinct().ToListAsync());

    [Fact]
    public Task Distinct_below_the_lock_is_refused() => RefusedAsync("Distinct", c => c.Concerts.Distinct().ForUpdate().ToListAsync());

    [Fact]
    public Task GroupBy_is_refused() =>
        RefusedAsync("GroupBy", c => c.Concerts.ForUpdate().GroupBy(x => x.Places).Select(g => g.Key).ToListAsync());

    [Fact]
    public Task Union_is_refused() => RefusedAsync("Union", c => c.Concerts.ForUpdate().Union(c.Concerts).ToListAsync());

    [Fact]
    public Task Concat_is_refused() => RefusedAsync("Concat", c => c.Concerts.Concat(c.Concerts).ForUpdate().ToListAsync());

    [Fact]
    public Task Except_is_refused() => RefusedAsync("Except", c => c.Concerts.Except(c.Concerts).ForUpdate().ToListAsync());

    [Fact]
    public Task Intersect_is_refused() => RefusedAsync("Intersect", c => c.Concerts.ForUpdate().Intersect(c.Concerts).ToListAsync());

    [Fact]
    public Task A_lock_in_the_second_part_of_a_union_is_refused() =>
        RefusedAsync("subquery", c => c.Concerts.Union(c.Concerts.ForUpdate()).ToListAsync());

    [Fact]
    public Task A_lock_in_a_filter_is_refused() =>
        RefusedAsync("subquery", c => c.Promoters.Where(p => c.Concerts.ForUpdate().Any(x => x.PromoterId == p.Id)).ToListAsync());

    [Fact]
    public Task A_lock_in_a_captured_query_is_refused() => RefusedAsync("subquery", c =>
    {
        var open = c.Concerts.Where(x => x.Places > x.Taken).ForUpdate();
        return c.Promoters.Where(p => open.Any(x => x.PromoterId == p.Id)).ToListAsync();
    });

    [Fact]
    public Task A_lock_in_a_captured_query_is_refused_beside_a_lock_of_its_own() => RefusedAsync("subquery", c =>
    {
        var open = c.Concerts.ForUpdate().Select(x => x.PromoterId);
        return c.Promoters.Where(p => open.Contains(p.Id)).ForUpdate().ToListAsync();
    });

    [Fact]
    public Task A_lock_in_a_projection_is_refused() => RefusedAsync(
        "subquery", c => c.Promoters.Select(p => c.Concerts.ForUpdate().First(x => x.PromoterId == p.Id).Name).ToListAsync());

    [Fact]
    public Task A_lock_in_a_filtered_include_is_refused() =>
        RefusedAsync("subquery", c => c.Concerts.Include(x => x.Bookings.AsQueryable().ForUpdate()).ToListAsync());

    [Fact]
    public Task A_lock_on_the_inner_side_of_a_join_is_refused() => RefusedAsync(
        "subquery", c => c.Promoters.Join(c.Concerts.ForUpdate(), p => p.Id, x => x.PromoterId, (p, x) => x).ToListAsync());

    [Fact]
    public Task A_join_after_the_lock_is_refused() => RefusedAsync(
        "Join", c => c.Concerts.ForUpdate().Join(c.Promoters, x => x.PromoterId, p => p.Id, (x, p) => x).ToListAsync());

    [Fact]
    public Task A_left_join_after_the_lock_is_refused() => RefusedAsync(
        "LeftJoin", c => c.Concerts.ForUpdate().LeftJoin(c.Promoters, x => x.PromoterId, p => p.Id, (x, p) => x).ToListAsync());

    [Fact]
    public Task A_lock_on_the_optional_side_of_a_left_join_is_refused() => RefusedAsync(
        "subquery", c => c.Promoters.LeftJoin(c.Concerts.ForUpdate(), p => p.Id, x => x.PromoterId, (p, x) => x).ToListAsync());

    [Fact]
    public Task A_lock_on_what_a_left_join_returned_is_refused() => RefusedAsync(
        "LeftJoin", c => c.Promoters.LeftJoin(c.Concerts, p => p.Id, x => x.PromoterId, (p, x) => x!).ForUpdate().ToListAsync());

    [Fact]
    public Task A_right_join_after_the_lock_is_refused() => RefusedAsync(
        "RightJoin", c => c.Concerts.ForUpdate().RightJoin(c.Promoters, x => x.PromoterId, p => p.Id, (x, p) => p).ToListAsync());

    [Fact]
    public Task A_group_join_is_refused() => RefusedAsync(
        "GroupJoin", c => c.Promoters.ForUpdate().GroupJoin(c.Concerts, p => p.Id, x => x.PromoterId, (p, x) => p).ToListAsync());

    [Fact]
    public Task A_correlated_sum_is_refused() => RefusedAsync(
        "subquery in Select", c => c.Promoters.ForUpdate().Select(p => new { p.Id, Taken = p.Concerts.Sum(x => x.Taken) }).ToListAsync());

    [Fact]
    public Task SelectMany_is_refused() => RefusedAsync("SelectMany", c => c.Concerts.ForUpdate().SelectMany(x => x.Bookings).ToListAsync());

    [Fact]
    public Task A_lock_on_the_children_of_SelectMany_is_refused() =>
        RefusedAsync("SelectMany", c => c.Concerts.SelectMany(x => x.Bookings).ForUpdate().ToListAsync());

    [Fact]
    public Task DefaultIfEmpty_is_refused() => RefusedAsync("DefaultIfEmpty", c => c.Concerts.ForUpdate().DefaultIfEmpty().ToListAsync());

    [Fact]
    public Task A_lock_on_a_selected_navigation_is_refused() =>
        RefusedAsync("Select", c => c.Concerts.Select(x => x.Promoter!).ForUpdate().ToListAsync());

    [Fact]
    public Task A_selected_navigation_after_the_lock_is_refused() =>
        RefusedAsync("second statement", c => c.Concerts.ForUpdate().Select(x => x.Promoter).ToListAsync());

    [Fact]
    public Task A_parents_column_is_refused() =>
        RefusedAsync("'Name'", c => c.Concerts.ForUpdate().Select(x => x.Promoter!.Name).ToListAsync());

    [Fact]
    public Task A_correlated_count_is_refused() =>
        RefusedAsync("subquery in Select", c => c.Concerts.ForUpdate().Select(x => new { x.Id, Sold = x.Bookings.Count }).ToListAsync());

    [Fact]
    public Task A_correlated_any_is_refused() =>
        RefusedAsync("subquery in Select", c => c.Concerts.ForUpdate().Select(x => new { x.Id, Sold = x.Bookings.Any() }).ToListAsync());

    [Fact]
    public Task A_correlated_first_is_refused() => RefusedAsync(
        "Select", c => c.Concerts.ForUpdate().Select(x => new { x.Id, First = x.Bookings.OrderBy(b => b.Id).First().Guest }).ToListAsync());

    [Fact]
    public Task Children_in_the_same_statement_are_refused() =>
        RefusedAsync("AsSplitQuery", c => c.Concerts.ForUpdate().Select(x => new { x.Id, Guests = x.Bookings.Select(b => b.Guest).ToList() }).ToListAsync());

    [Fact]
    public Task An_include_of_a_reference_is_refused() =>
        RefusedAsync("a query of its own for a reference", c => c.Concerts.Include(x => x.Promoter).ForUpdate().ToListAsync());

    [Fact]
    public Task An_include_of_a_reference_in_a_split_query_is_refused() => RefusedAsync(
        "a query of its own for a reference", c => c.Concerts.Include(x => x.Promoter).Include(x => x.Bookings).AsSplitQuery().ForUpdate().ToListAsync());

    [Fact]
    public Task An_include_of_a_collection_in_the_same_statement_is_refused() =>
        RefusedAsync("AsSplitQuery", c => c.Concerts.Include(x => x.Bookings).ForUpdate().ToListAsync());

    [Fact]
    public Task An_include_of_a_collection_below_First_is_refused() =>
        RefusedAsync("FROM", c => c.Concerts.Include(x => x.Bookings).ForUpdate().FirstAsync());

    [Fact]
    public Task A_filter_after_Take_is_refused() =>
        RefusedAsync("before Take", c => c.Concerts.OrderBy(x => x.Id).Take(2).ForUpdate().Where(x => x.Places > 1).ToListAsync());

    [Fact]
    public Task A_filter_after_Select_is_refused() =>
        RefusedAsync("before Select", c => c.Concerts.ForUpdate().Select(x => new { x.Id, x.Places }).Where(x => x.Places > 1).ToListAsync());

    [Fact]
    public Task Two_locks_are_refused() => RefusedAsync("two row locks", c => c.Concerts.ForUpdate().Where(x => x.Id == 1).ForShare().ToListAsync());

    [Fact]
    public Task A_table_that_occurs_twice_is_refused() =>
        RefusedAsync("more than once", c => c.Folders.Where(f => f.Parent!.Size > 0).ForUpdate().ToListAsync());

    [Fact]
    public Task A_joined_namesake_is_never_locked_instead() => RefusedAsync(
        "before Take", c => c.Chapters.OrderBy(x => x.Id).Take(1).OrderBy(x => x.Book!.Id).ForUpdate().Select(x => x.Book!.Pages).ToListAsync());

    [Fact]
    public Task A_joined_namesake_on_the_optional_side_is_never_locked_instead() => RefusedAsync(
        "optional side", c => c.Folders.OrderBy(x => x.Id).Take(1).OrderBy(x => x.Parent!.Id).ThenBy(x => x.Parent!.Size).ForUpdate().ToListAsync());

    [Fact]
    public Task OfType_over_a_TPT_hierarchy_is_refused() =>
        RefusedAsync("optional side", c => c.Accounts.OfType<SavingsAccount>().ForUpdate().ToListAsync());

    [Fact]
    public Task An_entity_without_a_key_is_refused() => RefusedAsync("no primary key", c => c.Set<ConcertLine>().ForUpdate().ToListAsync());

    [Fact]
    public Task A_view_is_refused() => RefusedAsync("a view", c => c.Set<OpenConcert>().ForUpdate().ToListAsync());

    [Fact]
    public Task The_base_of_a_TPT_hierarchy_is_refused() => RefusedAsync("its own set", c => c.Accounts.ForUpdate().ToListAsync());

    [Fact]
    public Task The_base_of_a_TPC_hierarchy_is_refused() => RefusedAsync("concrete type", c => c.Vouchers.ForUpdate().ToListAsync());

    [Fact]
    public Task ExecuteUpdate_is_refused() =>
        RefusedAsync("ExecuteUpdate", c => c.Concerts.ForUpdate().ExecuteUpdateAsync(s => s.SetProperty(x => x.Taken, 1)));

    [Fact]
    public Task ExecuteDelete_is_refused() => RefusedAsync("ExecuteDelete", c => c.Concerts.ForUpdate().ExecuteDeleteAsync());

    [Fact]
    public async Task A_compiled_query_is_refused_at_its_first_call()
    {
        var compiled = EF.CompileAsyncQuery((ConcertContext c) => c.Concerts.ForUpdate().Count());
        await RefusedAsync("Count", c => compiled(c));
    }

    [Theory]
    [InlineData("WITH b AS (SELECT * FROM bookings) SELECT * FROM b", "does not start with SELECT")]
    [InlineData("SELECT * FROM all_bookings()", "reads 'all_bookings'")]
    [InlineData("SELECT * FROM bookings() AS b", "'()' after its table")]
    [InlineData("SELECT b.* FROM bookings b JOIN concerts c ON c.\"Id\" = b.\"ConcertId\"", "has JOIN")]
    [InlineData("SELECT b.* FROM bookings b, concerts c", "',' after its table")]
    [InlineData("SELECT b.* FROM concerts c, bookings b", "reads 'concerts'")]
    [InlineData("SELECT * FROM bookings UNION ALL SELECT * FROM bookings", "has UNION")]
    [InlineData("SELECT DISTINCT * FROM bookings", "has DISTINCT")]
    [InlineData("SELECT * FROM (SELECT * FROM bookings) AS b", "reads ''")]
    [InlineData("SELECT * FROM other.bookings", "reads 'other.bookings'")]
    [InlineData("SELECT * FROM \"Bookings\"", "reads 'Bookings'")]
    [InlineData("SELECT b.*, (SELECT 1) AS one FROM bookings b", "computes values")]
    [InlineData("SELECT * FROM bookings GROUP BY \"Id\"", "has GROUP")]
    [InlineData("SELECT * FROM bookings FOR SHARE", "has FOR")]
    [InlineData("SELECT * FROM bookings; SELECT 1", "has ;")]
    [InlineData("SELECT * FROM bookings /* all */", "not understood")]
    [InlineData("SELECT * FROM bookings WHERE \"Guest\" = $$x$$", "not understood")]
    [InlineData("SELECT * FROM bookings WHERE \"Guest\" = E'\\''", "not understood")]
    [InlineData("TABLE bookings", "does not start with SELECT")]
    public Task Raw_sql_that_is_not_one_plain_table_is_refused(string sql, string reason) =>
        RefusedAsync(reason, c => c.Bookings.FromSqlRaw(sql).ForUpdate().ToListAsync());

    [Fact]
    public Task Raw_sql_for_an_entity_that_owns_another_is_refused() =>
        RefusedAsync("owns", c => c.Concerts.FromSqlRaw("SELECT * FROM concerts").ForUpdate().ToListAsync());

    [Fact]
    public Task A_query_over_objects_in_memory_is_refused() => RefusedAsync("in memory", _ => Task.FromResult(new List<Concert>().AsQueryable().ForUpdate()));

    private async Task RefusedAsync<T>(string says, Func<ConcertContext, Task<T>> query)
    {
        var sent = new ConcurrentQueue<string>();
        await using var context = database.Open(sent);
        await using var transaction = await context.Database.BeginTransactionAsync();

        var error = await Assert.ThrowsAsync<RowLockNotPossibleException>(() => query(context));

        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.Empty(sent);
    }
}
