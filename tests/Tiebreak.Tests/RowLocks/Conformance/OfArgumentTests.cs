using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Tiebreak.RowLocks;

namespace Tiebreak.Tests.RowLocks.Conformance;

/// <summary>What Of takes for an answer and what not, over the model of Django's tests.</summary>
public sealed class OfArgumentTests(PersonDatabase database) : IClassFixture<PersonDatabase>
{
    [Fact]
    public Task A_column_is_no_reference() => RefusedAsync("'Name' is not a navigation of 'Person'", c => c.People.ForUpdate().Of(p => p.Name).ToListAsync());

    [Fact]
    public Task A_column_behind_a_reference_is_no_reference() =>
        RefusedAsync("'Name' is not a navigation of 'City'", c => c.People.ForUpdate().Of(p => p.Born!.Name).ToListAsync());

    [Fact]
    public Task A_name_that_does_not_exist_is_no_reference() =>
        RefusedAsync("'Nonexistent' is not a navigation of 'City'", c => c.People.ForUpdate().Of(p => EF.Property<City>(p.Born!, "Nonexistent")).ToListAsync());

    [Fact]
    public Task A_column_of_a_type_over_several_tables_is_no_reference() =>
        RefusedAsync("'Name' is not a navigation of 'UnionLand'", c => c.UnionLands.ForUpdate().Of(x => x.Name).ToListAsync());

    [Fact]
    public Task A_column_of_a_type_in_one_table_is_no_reference() =>
        RefusedAsync("'Number' is not a navigation of 'Document'", c => c.Stamps.ForUpdate().Of(x => x.Document!.Number).ToListAsync());

    [Fact]
    public Task The_side_without_the_foreign_key_is_refused_with_where_to_start() =>
        RefusedAsync("Start the query at 'PersonProfile'", c => c.People.Where(p => p.Profile != null).ForUpdate().Of(p => p.Profile).ToListAsync());

    [Fact]
    public async Task Started_at_the_foreign_key_both_of_a_one_to_one_are_locked()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        var profile = await context.Profiles.Include(p => p.Person).ForUpdate().Of(p => p.Person).SingleAsync();

        Assert.Same(profile, profile.Person!.Profile);
        Assert.Equal(["people", "profiles"], await database.LockedTablesAsync());
    }

    [Fact]
    public async Task A_reference_that_the_query_does_not_follow_by_itself_is_joined()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        await context.People.Include(p => p.Born).ForUpdate().Of(p => p.Born).Of(p => p.Died!.Country).SingleAsync();

        Assert.Equal(["people", "cities", "cities", "countries"], await database.LockedTablesAsync());
    }

    [Fact]
    public async Task A_reference_whose_only_column_may_be_null_is_locked_where_it_is_null()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        Assert.Single(await context.Set<ProfileLink>().ForUpdate().Of(l => l.Profile).ToListAsync());
        Assert.Equal(["profiles"], await database.LockedTablesAsync());
    }

    [Fact]
    public async Task The_filter_that_joins_it_judges_a_null_as_equal()
    {
        await using var context = database.Open();

        var sql = context.Set<ProfileLink>().AsNoTracking().ForUpdate().Of(l => l.Profile).ToQueryString();

        Assert.True(!sql.Contains("WHERE", StringComparison.Ordinal), sql);
    }

    [Fact]
    public Task A_reference_with_a_query_filter_is_refused() =>
        RefusedAsync("a query filter of 'Region'", c => c.Set<Village>().ForUpdate().Of(v => v.Region).ToListAsync());

    [Fact]
    public async Task A_reference_whose_query_filter_is_left_out_is_locked()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        await context.Set<Village>().IgnoreQueryFilters().ForUpdate().Of(v => v.Region).ToListAsync();

        Assert.Equal(["regions", "villages"], await database.LockedTablesAsync());
    }

    [Fact]
    public async Task Children_in_a_split_query_go_with_a_locked_reference()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        var profile = await context.Profiles.Include(p => p.Links).AsSplitQuery().ForUpdate().Of(p => p.Person).SingleAsync(p => p.Id == 1);

        Assert.Single(profile.Links);
        Assert.Equal(["people", "profiles"], await database.LockedTablesAsync());
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
