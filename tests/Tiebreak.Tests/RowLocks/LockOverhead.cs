using System.Diagnostics;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Tiebreak.RowLocks;

namespace Tiebreak.Tests.RowLocks;

/// <summary>
/// How much a locked query costs over the same query unlocked. Not part of a normal run; run it by
/// <c>dotnet run -c Release --project tests/Tiebreak.Tests -- -explicit only -class Tiebreak.Tests.RowLocks.LockOverhead -showliveoutput</c>.
/// The variants take turns in short rounds, so that a busy machine slows both; each counts with its fastest round.
/// </summary>
public sealed class LockOverhead(ConcertDatabase database, ITestOutputHelper output) : IClassFixture<ConcertDatabase>
{
    private const int WarmUp = 200;
    private const int Rounds = 600;

    [Fact(Explicit = true)]
    public async Task Of_a_query_by_key()
    {
        var (concert, booking) = (2, 20);
        await ReportAsync("one row by key, entity not tracked before", queries: 10, clear: true,
            c => c.Concerts.Where(x => x.Id == concert).SingleAsync(),
            c => c.Concerts.Where(x => x.Id == concert).ForUpdate().SingleAsync());
        await ReportAsync("one small row by key, entity not tracked before", queries: 10, clear: true,
            c => c.Bookings.Where(x => x.Id == booking).SingleAsync(),
            c => c.Bookings.Where(x => x.Id == booking).ForUpdate().SingleAsync());
        await ReportAsync("one row by key, entity tracked before", queries: 10, clear: false,
            c => c.Concerts.Where(x => x.Id == concert).SingleAsync(),
            c => c.Concerts.Where(x => x.Id == concert).ForUpdate().SingleAsync());
        await ReportAsync("one row by key, AsNoTracking", queries: 10, clear: false,
            c => c.Concerts.AsNoTracking().Where(x => x.Id == concert).SingleAsync(),
            c => c.Concerts.AsNoTracking().Where(x => x.Id == concert).ForUpdate().SingleAsync());
    }

    [Fact(Explicit = true)]
    public async Task Of_PostgreSQL_itself_and_of_the_operator_beside_it()
    {
        var booking = 20;
        await ReportAsync("one row by key in raw SQL, the clause written by hand", queries: 10, clear: true,
            c => c.Bookings.FromSqlRaw("SELECT * FROM bookings WHERE \"Id\" = {0}", booking).ToListAsync(),
            c => c.Bookings.FromSqlRaw("SELECT * FROM bookings WHERE \"Id\" = {0} FOR UPDATE", booking).ToListAsync());
        await ReportAsync("one row by key in raw SQL, ForUpdate over the clause written by hand", queries: 10, clear: true,
            c => c.Bookings.FromSqlRaw("SELECT * FROM bookings WHERE \"Id\" = {0} FOR UPDATE", booking).ToListAsync(),
            c => c.Bookings.FromSqlRaw("SELECT * FROM bookings WHERE \"Id\" = {0}", booking).ForUpdate().ToListAsync());
    }

    [Fact(Explicit = true)]
    public async Task Of_a_hundred_rows()
    {
        var many = 1000;
        await using (var seed = database.Open())
        {
            seed.AddRange(Enumerable.Range(1000, 100).Select(id => new Concert { Id = id, Name = "Many", Hall = new Address { City = "Bern" } }));
            await seed.SaveChangesAsync();
        }

        await ReportAsync("100 rows, not tracked before", queries: 2, clear: true,
            c => c.Concerts.Where(x => x.Id >= many).ToListAsync(),
            c => c.Concerts.Where(x => x.Id >= many).ForUpdate().ToListAsync());
        await ReportAsync("100 rows, tracked before", queries: 2, clear: false,
            c => c.Concerts.Where(x => x.Id >= many).ToListAsync(),
            c => c.Concerts.Where(x => x.Id >= many).ForUpdate().ToListAsync());
    }

    private async Task ReportAsync<T>(
        string what, int queries, bool clear, Func<ConcertContext, Task<T>> unlocked, Func<ConcertContext, Task<T>> locked)
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        var plain = new List<Cost>();
        var with = new List<Cost>();
        for (var round = -WarmUp; round < Rounds; round++)
        {
            var first = await TimeAsync(context, queries, clear, unlocked);
            var second = await TimeAsync(context, queries, clear, locked);
            if (round >= 0)
            {
                plain.Add(first);
                with.Add(second);
            }
        }

        output.WriteLine(Compare(what + ", elapsed", plain, with, cost => cost.Elapsed));
        output.WriteLine(Compare(what + ", CPU of the client", plain, with, cost => cost.Cpu));
    }

    private static string Compare(string what, List<Cost> plain, List<Cost> with, Func<Cost, double> part)
    {
        var (unlocked, locked) = (plain.Min(part), with.Min(part));
        return string.Create(CultureInfo.InvariantCulture, $"{what}: {unlocked:0.0} µs, locked {locked:0.0} µs, x {locked / unlocked:0.00}");
    }

    private static async Task<Cost> TimeAsync<T>(ConcertContext context, int queries, bool clear, Func<ConcertContext, Task<T>> query)
    {
        var cpu = Environment.CpuUsage.TotalTime;
        var begun = Stopwatch.GetTimestamp();
        for (var i = 0; i < queries; i++)
        {
            await query(context);
            if (clear)
            {
                context.ChangeTracker.Clear();
            }
        }

        return new Cost(
            Stopwatch.GetElapsedTime(begun).TotalMicroseconds / queries, (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / queries);
    }

    /// <summary>Of one query, in microseconds.</summary>
    private sealed record Cost(double Elapsed, double Cpu);
}
