using Microsoft.EntityFrameworkCore;
using Tiebreak.RowLocks;
using static Tiebreak.Tests.RowLocks.Shapes.LockedShape;

namespace Tiebreak.Tests.RowLocks.Shapes;

/// <summary>The shapes that lock.</summary>
internal static class LockedShapes
{
    private const string Concerts = "FOR UPDATE OF c";

    private static readonly Func<ConcertContext, int, Task<Concert>> CompiledRow =
        EF.CompileAsyncQuery((ConcertContext c, int id) => c.Concerts.Where(x => x.Id == id).ForUpdate().Single());

    private static readonly Func<ConcertContext, int, IAsyncEnumerable<Concert>> CompiledStream =
        EF.CompileAsyncQuery((ConcertContext c, int id) => c.Concerts.Where(x => x.Id < id).ForUpdate());

    private static readonly Func<ConcertContext, int, IEnumerable<Concert>> CompiledRows =
        EF.CompileQuery((ConcertContext c, int id) => c.Concerts.Where(x => x.Id < id).ForUpdate());

    public static IReadOnlyList<LockedShape> All { get; } = [.. Operators(), .. Terminals(), .. Projections(), .. Included(), .. Joined(), .. Types(), .. Raw(), .. Executions()];

    private static IEnumerable<LockedShape> Operators() =>
    [
        Rows("All rows of a set", Concerts, "concerts:1,2,3", c => c.Concerts.ForUpdate()),
        Rows("Update", "FOR UPDATE OF c", "concerts:2", c => c.Concerts.Where(x => x.Id == 2).ForUpdate()),
        Rows("No key update", "FOR NO KEY UPDATE OF c", "concerts:2", c => c.Concerts.Where(x => x.Id == 2).ForNoKeyUpdate()),
        Rows("Share", "FOR SHARE OF c", "concerts:2", c => c.Concerts.Where(x => x.Id == 2).ForShare()),
        Rows("Key share", "FOR KEY SHARE OF c", "concerts:2", c => c.Concerts.Where(x => x.Id == 2).ForKeyShare()),
        Rows("Where after the lock", Concerts, "concerts:2", c => c.Concerts.ForUpdate().Where(x => x.Id == 2)),
        Rows("Two Wheres around the lock", Concerts, "concerts:2", c => c.Concerts.Where(x => x.Id > 1).ForUpdate().Where(x => x.Places < 30)),
        Rows("OrderBy", Concerts, "concerts:1,2,3", c => c.Concerts.OrderByDescending(x => x.Places).ThenBy(x => x.Id).ForUpdate()),
        Rows("OrderBy after the lock", Concerts, "concerts:1,2,3", c => c.Concerts.ForUpdate().OrderBy(x => x.Places)),
        Rows("Take", Concerts, "concerts:1,2", c => c.Concerts.OrderBy(x => x.Id).Take(2).ForUpdate()),
        Rows("Take after the lock", Concerts, "concerts:3", c => c.Concerts.OrderByDescending(x => x.Id).ForUpdate().Take(1)),
        Rows("Skip and Take lock what is skipped too", Concerts, "concerts:1,2", c => c.Concerts.OrderBy(x => x.Id).Skip(1).Take(1).ForUpdate()),
        Rows("Skip locks what is skipped too", Concerts, "concerts:1,2,3", c => c.Concerts.OrderBy(x => x.Id).Skip(2).ForUpdate()),
        Rows("Contains over given keys", Concerts, "concerts:1,3", c => c.Concerts.Where(x => new[] { 1, 3 }.Contains(x.Id)).ForUpdate()),
        Rows("A filter on an owned entity", Concerts, "concerts:1,2,3", c => c.Concerts.Where(x => x.Hall!.City == "Bern").ForUpdate()),
        Rows("A filter on a complex value", Concerts, "concerts:1,2,3", c => c.Concerts.Where(x => x.Terms.Price == 20).ForUpdate()),
        Rows("A filter on a shadow property", Concerts, "", c => c.Concerts.Where(x => EF.Property<string?>(x, "Note") == "x").ForUpdate()),
        Rows("A filter on a converted property", Concerts, "concerts:1,2,3", c => c.Concerts.Where(x => x.Status == ConcertStatus.Open).ForUpdate()),
        Rows("No row matches", Concerts, "", c => c.Concerts.Where(x => x.Id == 99).ForUpdate()),
        Rows("TagWith", Concerts, "concerts:1", c => c.Concerts.TagWith("FOR SHARE").Where(x => x.Id == 1).ForUpdate()),
        Rows("AsNoTracking", Concerts, "concerts:2", c => c.Concerts.AsNoTracking().Where(x => x.Id == 2).ForUpdate()),
        Rows("AsNoTrackingWithIdentityResolution", Concerts, "concerts:2", c => c.Concerts.AsNoTrackingWithIdentityResolution().Where(x => x.Id == 2).ForUpdate()),
        Rows("AsTracking after the lock", Concerts, "concerts:2", c => c.Concerts.AsNoTracking().Where(x => x.Id == 2).ForUpdate().AsTracking()),
    ];

    private static IEnumerable<LockedShape> Terminals() =>
    [
        new("First", Concerts, "concerts:3", c => c.Concerts.OrderByDescending(x => x.Id).ForUpdate().FirstAsync()),
        new("First by a predicate", Concerts, "concerts:2", c => c.Concerts.ForUpdate().FirstAsync(x => x.Id == 2)),
        new("FirstOrDefault of none", Concerts, "", c => c.Concerts.ForUpdate().FirstOrDefaultAsync(x => x.Id == 99)),
        new("Single", Concerts, "concerts:2", c => c.Concerts.Where(x => x.Id == 2).ForUpdate().SingleAsync()),
        new("SingleOrDefault by a predicate", Concerts, "concerts:2", c => c.Concerts.ForUpdate().SingleOrDefaultAsync(x => x.Id == 2)),
        new("Last", Concerts, "concerts:3", c => c.Concerts.OrderBy(x => x.Id).ForUpdate().LastAsync()),
        new("LastOrDefault by a predicate", Concerts, "concerts:2", c => c.Concerts.OrderBy(x => x.Id).ForUpdate().LastOrDefaultAsync(x => x.Id < 3)),
        new("ElementAt locks those before it too", Concerts, "concerts:1,2", c => c.Concerts.OrderBy(x => x.Id).ForUpdate().ElementAtAsync(1)),
        new("ElementAtOrDefault of none", Concerts, "concerts:1,2,3", c => c.Concerts.OrderBy(x => x.Id).ForUpdate().ElementAtOrDefaultAsync(9)),
    ];

    private static IEnumerable<LockedShape> Projections() =>
    [
        Rows("A column", Concerts, "concerts:2", c => c.Concerts.Where(x => x.Id == 2).ForUpdate().Select(x => x.Name)),
        Rows("Columns of the row, owned and complex", Concerts, "concerts:2", c => c.Concerts.Where(x => x.Id == 2).ForUpdate().Select(x => new { x.Name, Free = x.Places - x.Taken, x.Hall!.City, x.Terms.Price })),
        Rows("The entity in a projection", Concerts, "concerts:2", c => c.Concerts.Where(x => x.Id == 2).ForUpdate().Select(x => new { Concert = x, x.Name })),
        Rows("A member that is not mapped", Concerts, "concerts:2", c => c.Concerts.Where(x => x.Id == 2).ForUpdate().Select(x => x.Free)),
        Rows("A constant", Concerts, "concerts:2", c => c.Concerts.Where(x => x.Id == 2).ForUpdate().Select(x => 1)),
        new("First of a projection", Concerts, "concerts:1", c => c.Concerts.OrderBy(x => x.Id).ForUpdate().Select(x => x.Taken).FirstAsync()),
    ];

    private static IEnumerable<LockedShape> Included() =>
    [
        Rows("A split include by key", Concerts, "concerts:2", c => c.Concerts.Include(x => x.Bookings).AsSplitQuery().Where(x => x.Id == 2).ForUpdate()),
        Rows("A filtered split include", Concerts, "concerts:2", c => c.Concerts.Include(x => x.Bookings.Where(b => b.Guest == "Alan").OrderBy(b => b.Id).Take(1)).AsSplitQuery().Where(x => x.Id == 2).ForUpdate()),
        Rows("A nested split include", "FOR UPDATE OF p", "promoters:1", c => c.Promoters.Include(x => x.Concerts).ThenInclude(x => x.Bookings).AsSplitQuery().Where(x => x.Id == 1).ForUpdate()),
        Rows("A split include many to many", Concerts, "concerts:2", c => c.Concerts.Include(x => x.Genres).AsSplitQuery().Where(x => x.Id == 2).ForUpdate()),
        Rows("Two split includes", Concerts, "concerts:2", c => c.Concerts.Include(x => x.Bookings).Include(x => x.Genres).AsSplitQuery().Where(x => x.Id == 2).ForUpdate()),
        Rows("A split include untracked", Concerts, "concerts:2", c => c.Concerts.AsNoTracking().Include(x => x.Bookings).AsSplitQuery().Where(x => x.Id == 2).ForUpdate()),
        Rows("A split projection of children", Concerts, "concerts:2", c => c.Concerts.Where(x => x.Id == 2).ForUpdate().AsSplitQuery().Select(x => new { x.Id, Guests = x.Bookings.Select(b => b.Guest).ToList() })),
        new("A split include with Single", Concerts, "concerts:2", c => c.Concerts.Include(x => x.Bookings).AsSplitQuery().ForUpdate().SingleAsync(x => x.Id == 2)),
        Rows("An owned collection in its table", "FOR UPDATE OF t", "tours:1", c => c.Tours.AsSplitQuery().Where(x => x.Id == 1).ForUpdate()),
    ];

    private static IEnumerable<LockedShape> Joined() =>
    [
        Rows("A filter over a parent", Concerts, "concerts:1,2,3", c => c.Concerts.Where(x => x.Promoter!.Active).ForUpdate()),
        Rows("An order by a parent", Concerts, "concerts:1,2,3", c => c.Concerts.OrderBy(x => x.Promoter!.Name).ForUpdate()),
        Rows("A filter over children", Concerts, "concerts:1,2,3", c => c.Concerts.Where(x => x.Bookings.Any(b => b.Guest == "Grace")).ForUpdate()),
        Rows("A filter by a count of children", Concerts, "concerts:1,2,3", c => c.Concerts.Where(x => x.Bookings.Count == 2).ForUpdate()),
        Rows("A filter by another set", Concerts, "concerts:2", c => c.Concerts.Where(x => c.Bookings.Any(b => b.Id == 20 && b.ConcertId == x.Id)).ForUpdate()),
        Rows("A query filter that joins", "FOR UPDATE OF c", "contracts:1", c => c.Contracts.ForUpdate()),
        Rows("A query filter that is ignored", "FOR UPDATE OF c", "contracts:1", c => c.Contracts.IgnoreQueryFilters().ForUpdate()),
    ];

    private static IEnumerable<LockedShape> Types() =>
    [
        Rows("TPH base", "FOR UPDATE OF t", "tickets:1,2", c => c.Tickets.ForUpdate()),
        Rows("TPH derived", "FOR UPDATE OF t", "tickets:1", c => c.Set<SeatTicket>().ForUpdate()),
        Rows("TPH OfType", "FOR UPDATE OF t", "tickets:2", c => c.Tickets.OfType<DayTicket>().ForUpdate()),
        Rows("TPH OfType after the lock", "FOR UPDATE OF t", "tickets:2", c => c.Tickets.ForUpdate().OfType<DayTicket>()),
        Rows("TPH filtered by type", "FOR UPDATE OF t", "tickets:1", c => c.Tickets.Where(x => x is SeatTicket).ForUpdate()),
        Rows("TPT derived, both of its rows", "FOR UPDATE OF a, s", "accounts:2 savings_accounts:2", c => c.Set<SavingsAccount>().ForUpdate()),
        Rows("TPT base, columns of the base table only", "FOR UPDATE OF a", "accounts:1,2", c => c.Accounts.ForUpdate().Select(x => x.Balance)),
        Rows("TPC concrete", "FOR UPDATE OF g", "gift_vouchers:1", c => c.Set<GiftVoucher>().ForUpdate()),
        Rows("JSON", "FOR UPDATE OF a", "albums:1", c => c.Albums.ForUpdate()),
        Rows("Complex values in JSON", "FOR UPDATE OF p", "posters:1", c => c.Posters.ForUpdate()),
        Rows("A row that refers to its own table", "FOR UPDATE OF f", "folders:2", c => c.Folders.Where(x => x.ParentId == 1).ForUpdate()),
        Rows("One of two entities in a table", "FOR UPDATE OF v", "venues:1", c => c.Venues.ForUpdate()),
        Rows("The other of two entities in a table", "FOR UPDATE OF v", "venues:1", c => c.Set<VenueDetail>().ForUpdate()),
    ];

    private static IEnumerable<LockedShape> Raw() =>
    [
        Rows("Bare FromSql", "FOR UPDATE", "bookings:20", c => c.Bookings.FromSql($"SELECT * FROM bookings WHERE \"Id\" = {20}").ForUpdate()),
        Rows("FromSql under Where", "FOR UPDATE", "bookings:21", c => c.Bookings.FromSqlRaw("SELECT * FROM bookings WHERE \"Id\" > 20").Where(x => x.Id < 30).ForUpdate()),
        Rows("FromSql of a schema's table", "FOR UPDATE", "bookings:10", c => c.Bookings.FromSqlRaw("SELECT b.* FROM public.bookings AS b ORDER BY b.\"Id\" LIMIT 1").ForUpdate()),
    ];

    private static IEnumerable<LockedShape> Executions() =>
    [
        new("Synchronous Single", Concerts, "concerts:2", c => Task.FromResult(c.Concerts.ForUpdate().Single(x => x.Id == 2))),
        new("Synchronous ToList", Concerts, "concerts:1,2,3", c => Task.FromResult(c.Concerts.ForUpdate().ToList())),
        new("A synchronous loop that ends early", Concerts, "concerts:1,2,3", c => Task.FromResult(c.Concerts.OrderBy(x => x.Id).ForUpdate().AsEnumerable().First())),
        new("A stream", Concerts, "concerts:1,2,3", c => CountAsync(c.Concerts.ForUpdate().AsAsyncEnumerable())),
        new("Load", Concerts, "concerts:2", c => c.Concerts.Where(x => x.Id == 2).ForUpdate().LoadAsync()),
        new("ToDictionary", Concerts, "concerts:2", c => c.Concerts.Where(x => x.Id == 2).ForUpdate().ToDictionaryAsync(x => x.Id)),
        new("A compiled row", Concerts, "concerts:2", c => CompiledRow(c, 2)),
        new("A compiled stream", Concerts, "concerts:1,2", c => CountAsync(CompiledStream(c, 3))),
        new("A compiled sequence", Concerts, "concerts:1", c => Task.FromResult(CompiledRows(c, 2).Count())),
        new("A tracked parent's children", "FOR UPDATE OF b", "bookings:20,21", async c =>
            await c.Entry(await c.Concerts.SingleAsync(x => x.Id == 2)).Collection(x => x.Bookings).Query().ForUpdate().LoadAsync()),
        new("A row that is tracked already", Concerts, "concerts:2", async c =>
        {
            await c.Concerts.LoadAsync();
            await c.Concerts.Where(x => x.Id == 2).ForUpdate().LoadAsync();
        }),
    ];

    private static async Task<int> CountAsync(IAsyncEnumerable<Concert> concerts)
    {
        var count = 0;
        await foreach (var _ in concerts)
        {
            count++;
        }

        return count;
    }
}
