using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Tiebreak.RowLocks;

namespace Tiebreak.Tests.RowLocks;

/// <summary>What Of cannot lock: refused with nothing sent.</summary>
public sealed class OfRefusalTests(ConcertDatabase database) : IClassFixture<ConcertDatabase>
{
    [Fact]
    public Task A_lock_must_stand_before_it() => RefusedAsync("no row lock before it", c => c.Bookings.Of(b => b.Concert).ToListAsync());

    [Fact]
    public Task A_lock_behind_it_does_not_count() => RefusedAsync("no row lock before it", c => c.Bookings.Of(b => b.Concert).ForUpdate().ToListAsync());

    [Fact]
    public Task It_stands_before_Select() => RefusedAsync("Of after Select", c => c.Bookings.ForUpdate().Select(b => b).Of(b => b.Concert).ToListAsync());

    [Fact]
    public Task An_optional_reference_is_refused() => RefusedAsync("is optional", c => c.Concerts.ForUpdate().Of(x => x.Promoter).ToListAsync());

    [Fact]
    public Task An_optional_step_is_refused() => RefusedAsync("'Promoter' is optional", c => c.Bookings.ForUpdate().Of(b => b.Concert!.Promoter).ToListAsync());

    [Fact]
    public Task A_collection_is_refused() => RefusedAsync("collection", c => c.Concerts.ForUpdate().Of(x => x.Bookings).ToListAsync());

    [Fact]
    public Task A_many_to_many_collection_is_refused() => RefusedAsync("collection", c => c.Concerts.ForUpdate().Of(x => x.Genres).ToListAsync());

    [Fact]
    public Task A_column_is_refused() => RefusedAsync("not a navigation", c => c.Bookings.ForUpdate().Of(b => b.Guest).ToListAsync());

    [Fact]
    public Task An_owned_entity_is_refused() => RefusedAsync("owned", c => c.Concerts.ForUpdate().Of(x => x.Hall).ToListAsync());

    [Fact]
    public Task A_complex_value_is_refused() => RefusedAsync("not a navigation", c => c.Concerts.ForUpdate().Of(x => x.Terms).ToListAsync());

    [Fact]
    public Task The_entity_itself_is_refused() => RefusedAsync("names no navigation", c => c.Bookings.ForUpdate().Of(b => b).ToListAsync());

    [Fact]
    public Task Anything_but_a_chain_of_members_is_refused() =>
        RefusedAsync("chain", c => c.Bookings.ForUpdate().Of(b => b.Id > 1 ? b.Concert : null).ToListAsync());

    [Fact]
    public Task A_reference_to_its_own_table_is_refused_as_ambiguous() =>
        RefusedAsync("more than once", c => c.Chapters.ForUpdate().Of(x => x.Book).ToListAsync());

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
