using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Tiebreak.RowLocks;

namespace Tiebreak.Tests.RowLocks.Conformance;

/// <summary>What is sent and locked for the queries of Django's tests; docs/conformance.md says which is which.</summary>
public sealed class GeneratedSqlTests(PersonDatabase database) : IClassFixture<PersonDatabase>
{
    [Fact]
    public Task For_update_is_sent() => SendsAsync("FOR UPDATE OF p", ["people"], c => c.People.ForUpdate().ToListAsync());

    [Fact]
    public Task No_wait_is_sent() => SendsAsync("FOR UPDATE OF p NOWAIT", ["people"], c => c.People.ForUpdate(RowLockWait.None).ToListAsync());

    [Fact]
    public Task Skip_locked_is_sent() => SendsAsync("FOR UPDATE OF p SKIP LOCKED", ["people"], c => c.People.ForUpdate(RowLockWait.SkipLocked).ToListAsync());

    [Fact]
    public Task For_no_key_update_is_sent() => SendsAsync("FOR NO KEY UPDATE OF p", ["people"], c => c.People.ForNoKeyUpdate().ToListAsync());

    [Fact]
    public Task A_chain_of_references_is_locked_step_by_step() => SendsAsync(
        "FOR UPDATE OF p, c, c0", ["people", "cities", "countries"],
        c => c.People.Include(p => p.Born!.Country).ForUpdate().Of(p => p.Born!.Country).ToListAsync());

    [Fact]
    public Task Of_twice_adds_both() => SendsAsync(
        "FOR UPDATE OF p, c, c0", ["people", "cities", "cities"],
        c => c.People.Include(p => p.Born).Include(p => p.Died).ForUpdate().Of(p => p.Born).Of(p => p.Died).ToListAsync());

    [Fact]
    public async Task Of_two_references_to_one_table_only_the_named_one_is_locked()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        var query = context.People.Where(p => p.Born!.Name != "").OrderBy(p => p.Died!.Name).AsNoTracking().ForUpdate().Of(p => p.Died);

        await query.ToListAsync();

        var sql = query.ToQueryString();
        Assert.Contains("INNER JOIN cities AS c ON p.\"DiedId\" = c.\"Id\"", sql, StringComparison.Ordinal);
        Assert.Contains("INNER JOIN cities AS c0 ON p.\"BornId\" = c0.\"Id\"", sql, StringComparison.Ordinal);
        Assert.EndsWith("FOR UPDATE OF p, c", sql, StringComparison.Ordinal);
        Assert.Equal(["people", "cities"], await database.LockedTablesAsync());
    }

    [Fact]
    public Task A_type_over_several_tables_is_locked_in_each() => SendsAsync(
        "FOR UPDATE OF p, l, u", ["places", "lands", "union_lands"], c => c.UnionLands.ForUpdate().ToListAsync());

    [Fact]
    public Task A_reference_to_a_type_in_one_table_is_locked() => SendsAsync(
        "FOR UPDATE OF s, d", ["documents", "stamps"], c => c.Stamps.ForUpdate().Of(s => s.Document).ToListAsync());

    [Fact]
    public Task A_reference_to_a_type_over_several_tables_is_refused() => RefusedAsync(
        "not kept in one table", c => c.UnionCities.ForUpdate().Of(x => x.Land).ToListAsync());

    [Fact]
    public Task A_reference_to_a_derived_type_in_one_table_is_refused() => RefusedAsync(
        "not joined to the locked row by its table alone", c => c.Stamps.ForUpdate().Of(x => x.Passport).ToListAsync());

    [Fact]
    public Task A_column_of_the_locked_rows_is_selected() => ReturnsAsync(
        [1], "people", c => c.People.ForUpdate().Select(p => p.Id).ToListAsync());

    [Fact]
    public Task A_computed_column_is_selected_beside_a_plain_one() => ReturnsAsync(
        [("Dr. Reinhardt", 1)], "people", c => c.People.Where(p => p.Id == 1).ForUpdate()
            .Select(p => new ValueTuple<string, int>("Dr. " + p.Name, p.BornId)).ToListAsync());

    [Fact]
    public Task A_column_of_a_reference_alone_is_refused_while_the_reference_is_not_locked() => RefusedAsync(
        "'Name' is not of the locked row", c => c.People.ForUpdate().Select(p => p.Born!.Name).ToListAsync());

    [Fact]
    public Task A_column_of_a_locked_reference_alone_is_selected() => SendsAsync("FOR UPDATE OF p, c", ["people", "cities"], async c =>
    {
        Assert.Equal(["Liberchies"], await c.People.ForUpdate().Of(p => p.Born).Select(p => p.Born!.Name).ToListAsync());
        return 0;
    });

    [Fact]
    public Task Any_over_locked_rows_is_refused() => RefusedAsync("Any", c => c.People.ForUpdate().Of(p => p.Born).AnyAsync());

    [Fact]
    public Task A_limit_locks_the_rows_up_to_it() => SendsAsync("FOR UPDATE OF p", ["people"], async c =>
    {
        Assert.Equal([1], (await c.People.OrderBy(p => p.Id).ForUpdate().Skip(0).Take(1).ToListAsync()).Select(p => p.Id));
        return 0;
    });

    [Fact]
    public Task A_single_row_by_its_name_is_locked() => SendsAsync(
        "FOR UPDATE OF p", ["people"], c => c.People.ForUpdate().SingleAsync(p => p.Name == "Reinhardt"));

    [Fact]
    public async Task The_order_is_kept_for_those_who_lock_in_one_order()
    {
        await using var context = database.Open();

        Assert.EndsWith(
            "ORDER BY p.\"Id\" DESC" + Environment.NewLine + "FOR UPDATE OF p",
            context.People.OrderByDescending(p => p.Id).ForUpdate().ToQueryString(), StringComparison.Ordinal);
    }

    [Fact]
    public Task An_ordered_lock_in_a_subquery_is_refused() => RefusedAsync(
        "subquery", c => c.People.Where(p => c.People.OrderByDescending(x => x.Id).ForUpdate().Select(x => x.Id).Contains(p.Id)).ToListAsync());

    private async Task SendsAsync<T>(string clause, string[] locked, Func<PersonContext, Task<T>> query)
    {
        var sent = new ConcurrentQueue<string>();
        await using var context = database.Open(sent);
        await using var transaction = await context.Database.BeginTransactionAsync();

        await query(context);

        Assert.EndsWith(clause, Assert.Single(sent), StringComparison.Ordinal);
        Assert.Equal(locked.Order(), (await database.LockedTablesAsync()).Order());
    }

    private async Task ReturnsAsync<T>(List<T> expected, string locked, Func<PersonContext, Task<List<T>>> query)
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        Assert.Equal(expected, await query(context));
        Assert.Equal([locked], await database.LockedTablesAsync());
    }

    private async Task RefusedAsync<T>(string says, Func<PersonContext, Task<T>> query)
    {
        var sent = new ConcurrentQueue<string>();
        await using var context = database.Open(sent);
        await using var transaction = await context.Database.BeginTransactionAsync();

        var error = await Assert.ThrowsAsync<RowLockNotPossibleException>(() => query(context));

        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.Empty(sent);
    }
}
