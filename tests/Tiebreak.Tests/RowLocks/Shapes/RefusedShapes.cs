using Microsoft.EntityFrameworkCore;
using Tiebreak.RowLocks;
using static Tiebreak.Tests.RowLocks.Shapes.RefusedShape;

namespace Tiebreak.Tests.RowLocks.Shapes;

/// <summary>The shapes that cannot be locked rightly, and a word of the way out that the error names.</summary>
internal static class RefusedShapes
{
    private const string LockThenAsk = "Lock the rows with a query of their own";

    public static IReadOnlyList<RefusedShape> All { get; } = [.. Aggregates(), .. Sets(), .. Subqueries(), .. Values(), .. Children(), .. Types(), .. Raw()];

    private static IEnumerable<RefusedShape> Aggregates() =>
    [
        new("Any", LockThenAsk, c => c.Concerts.ForUpdate().AnyAsync()),
        new("All", LockThenAsk, c => c.Concerts.ForUpdate().AllAsync(x => x.Id > 0)),
        new("Contains", LockThenAsk, c => c.Concerts.ForUpdate().Select(x => x.Id).ContainsAsync(2)),
        new("Count", LockThenAsk, c => c.Concerts.ForUpdate().CountAsync()),
        new("LongCount", LockThenAsk, c => c.Concerts.ForUpdate().LongCountAsync()),
        new("Sum", LockThenAsk, c => c.Concerts.ForUpdate().SumAsync(x => x.Taken)),
        new("Min", LockThenAsk, c => c.Concerts.ForUpdate().MinAsync(x => x.Taken)),
        new("Max", LockThenAsk, c => c.Concerts.ForUpdate().MaxAsync(x => x.Taken)),
        new("Average", LockThenAsk, c => c.Concerts.ForUpdate().AverageAsync(x => x.Taken)),
        new("ExecuteUpdate", "Leave the lock out", c => c.Concerts.ForUpdate().ExecuteUpdateAsync(x => x.SetProperty(y => y.Taken, 1))),
        new("ExecuteDelete", "Leave the lock out", c => c.Concerts.ForUpdate().ExecuteDeleteAsync()),
    ];

    private static IEnumerable<RefusedShape> Sets() =>
    [
        Rows("Distinct", LockThenAsk, c => c.Concerts.ForUpdate().Distinct()),
        Rows("GroupBy", LockThenAsk, c => c.Concerts.ForUpdate().GroupBy(x => x.PromoterId).Select(g => g.Key)),
        Rows("Union", "Lock each part", c => c.Concerts.ForUpdate().Union(c.Concerts)),
        Rows("Concat", "Lock each part", c => c.Concerts.ForUpdate().Concat(c.Concerts)),
        Rows("Except", "Lock each part", c => c.Concerts.ForUpdate().Except(c.Concerts)),
        Rows("Intersect", "Lock each part", c => c.Concerts.ForUpdate().Intersect(c.Concerts)),
        Rows("Join", "second statement", c => c.Concerts.ForUpdate().Join(c.Bookings, x => x.Id, b => b.ConcertId, (x, b) => b)),
        Rows("SelectMany", "second statement", c => c.Concerts.ForUpdate().SelectMany(x => x.Bookings)),
    ];

    private static IEnumerable<RefusedShape> Subqueries() =>
    [
        Rows("A lock in the other part of a set operation", "on its own", c => c.Concerts.Union(c.Concerts.ForUpdate())),
        Rows("A lock in a filter", "on its own", c => c.Bookings.Where(b => c.Concerts.ForUpdate().Any(x => x.Id == b.ConcertId))),
        Rows("A lock in a joined query", "on its own", c => c.Bookings.Join(c.Concerts.ForUpdate(), b => b.ConcertId, x => x.Id, (b, x) => b)),
        Rows("Two locks", "Keep the stronger", c => c.Concerts.ForShare().ForUpdate()),
        Rows("Select before the lock", "before Select", c => c.Concerts.Select(x => x.Promoter!).ForUpdate()),
        Rows("Where after Select", "before Select", c => c.Concerts.ForUpdate().Select(x => x.Taken).Where(x => x > 0)),
        Rows("Where after Take", "before Take", c => c.Concerts.OrderBy(x => x.Id).Take(2).Where(x => x.Taken == 0).ForUpdate()),
    ];

    private static IEnumerable<RefusedShape> Values() =>
    [
        Rows("A parent's column", "second statement", c => c.Concerts.ForUpdate().Select(x => x.Promoter!.Name)),
        Rows("A parent", "second statement", c => c.Concerts.ForUpdate().Select(x => x.Promoter)),
        Rows("An included parent", "second statement", c => c.Concerts.Include(x => x.Promoter).ForUpdate()),
        Rows("A count of children", "second statement", c => c.Concerts.ForUpdate().Select(x => new { x.Id, x.Bookings.Count })),
        Rows("An include in one statement", "AsSplitQuery", c => c.Concerts.Include(x => x.Bookings).Where(x => x.Id == 2).ForUpdate()),
        Rows("An owned collection in one statement", "AsSplitQuery", c => c.Tours.Where(x => x.Id == 1).ForUpdate()),
    ];

    private static IEnumerable<RefusedShape> Children() =>
    [
        Rows("A split include of a list", "LoadAsync", c => c.Concerts.Include(x => x.Bookings).AsSplitQuery().ForUpdate()),
        Rows("A split include of some keys", "LoadAsync", c => c.Concerts.Include(x => x.Bookings).AsSplitQuery().Where(x => new[] { 1, 2 }.Contains(x.Id)).ForUpdate()),
        new("A split include of the first", "LoadAsync", c => c.Concerts.Include(x => x.Bookings).AsSplitQuery().OrderBy(x => x.Taken).ForUpdate().FirstAsync()),
        Rows("A split include with Take", "LoadAsync", c => c.Concerts.Include(x => x.Bookings).AsSplitQuery().OrderBy(x => x.Id).Take(1).ForUpdate()),
    ];

    private static IEnumerable<RefusedShape> Types() =>
    [
        Rows("TPT base", "through its own set", c => c.Accounts.ForUpdate()),
        Rows("TPT OfType", "Start the query at 'SavingsAccount'", c => c.Accounts.OfType<SavingsAccount>().ForUpdate()),
        Rows("TPC base", "or the concrete type", c => c.Vouchers.ForUpdate()),
        Rows("A row that joins its own table", "lock by key", c => c.Chapters.Where(x => x.Book!.Pages > 0).ForUpdate()),
        Rows("No key", "no primary key", c => c.Set<ConcertLine>().ForUpdate()),
        Rows("A view", "mapped to the table", c => c.Set<OpenConcert>().ForUpdate()),
    ];

    private static IEnumerable<RefusedShape> Raw() =>
    [
        Rows("FromSql with a CTE", "lock by key", c => c.Bookings.FromSqlRaw("WITH x AS (SELECT * FROM bookings) SELECT * FROM x").ForUpdate()),
        Rows("FromSql with a function", "lock by key", c => c.Bookings.FromSqlRaw("SELECT * FROM all_bookings()").ForUpdate()),
        Rows("FromSql with a join", "lock by key", c => c.Bookings.FromSqlRaw("SELECT b.* FROM bookings b JOIN concerts c ON true").ForUpdate()),
        Rows("FromSql with two tables", "lock by key", c => c.Bookings.FromSqlRaw("SELECT bookings.* FROM bookings, concerts").ForUpdate()),
        Rows("FromSql with a lock of its own", "lock by key", c => c.Bookings.FromSqlRaw("SELECT * FROM bookings FOR SHARE").ForUpdate()),
        Rows("FromSql of another table", "lock by key", c => c.Bookings.FromSqlRaw("SELECT * FROM old_bookings").ForUpdate()),
        Rows("FromSql of an owner", "lock by key", c => c.Concerts.FromSqlRaw("SELECT * FROM concerts").ForUpdate()),
    ];
}
