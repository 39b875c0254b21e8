using System.Diagnostics;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Tiebreak.RowLocks;
using Xunit;

namespace Tiebreak.Tests.RowLocks;

/// <summary>
/// How much a locked query costs over the same query unlocked. Not part of a normal run; run it by
/// <c>dotnet run -c Release --project tests/Tiebreak.Tests -- -explicit only -class Tiebreak.Tests.RowLocks.LockOverhead -showliveoutput</c>.
/// The variants take turns in short rounds, so that a busy machine slows all of them; the median of the rounds' ratios counts.
/// </summary>
public sealed class LockOverhead(ConcertDatabase database, ITestOutputHelper output) : IClassFixture<ConcertDatabase>
{
    private const int Rounds = 41;

    [Fact(Explicit = true)]
    public async Task Of_a_query_by_key()
    {
        await ReportAsync("one row by key, entity not tracked before", queries: 100, clear: true,
            c => c.Concerts.Where(x => x.Id == 2).SingleAsync(),
            c => c.Concerts.Where(x => x.Id == 2).ForUpdate().SingleAsync());
        await ReportAsync("one row by key, entity tracked before", queries: 100, clear: false,
            c => c.Concerts.Where(x => x.Id == 2).SingleAsync(),
            c => c.Concerts.Where(x => x.Id == 2).ForUpdate().SingleAsync());
        await ReportAsync("one row by key, AsNoTracking", queries: 100, clear: false,
            c => c.Concerts.AsNoTracking().Where(x => x.Id == 2).SingleAsync(),
            c => c.Concerts.AsNoTracking().Where(x => x.Id == 2).ForUpdate().SingleAsync());
    }

    [Fact(Explicit = true)]
    public async Task Of_PostgreSQL_itself_and_of_the_operator_beside_it()
    {
        await ReportAsync("one row by key in raw SQL, the clause written by hand", queries: 100, clear: true,
            c => c.Bookings.FromSqlRaw("SELECT * FROM bookings WHERE \"Id\" = 20").ToListAsync(),
            c => c.Bookings.FromSqlRaw("SELECT * FROM bookings WHERE \"Id\" = 20 FOR UPDATE").ToListAsync());
        await ReportAsync("one row by key in raw SQL, ForUpdate over the clause written by hand", queries: 100, clear: true,
            c => c.Bookings.FromSqlRaw("SELECT * FROM bookings WHERE \"Id\" = 20 FOR UPDATE").ToListAsync(),
            c => c.Bookings.FromSqlRaw("SELECT * FROM bookings WHERE \"Id\" = 20").ForUpdate().ToListAsync());
    }

    [Fact(Explicit = true)]
    public async Task Of_a_hundred_rows()
    {
        await using (var seed = database.Open())
        {
            seed.AddRange(Enumerable.Range(1000, 100).Select(id => new Concert { Id = id, Name = "Many", Hall = new Address { City = "Bern" } }));
            await seed.SaveChangesAsync();
        }

        await ReportAsync("100 rows, not tracked before", queries: 20, clear: true,
            c => c.Concerts.Where(x => x.Id >= 1000).ToListAsync(),
            c => c.Concerts.Where(x => x.Id >= 1000).ForUpdate().ToListAsync());
        await ReportAsync("100 rows, tracked before", queries: 20, clear: false,
            c => c.Concerts.Where(x => x.Id >= 1000).ToListAsync(),
            c => c.Concerts.Where(x => x.Id >= 1000).ForUpdate().ToListAsync());
    }

    private async Task ReportAsync<T>(
        string what, int queries, bool clear, Func<ConcertContext, Task<T>> unlocked, Func<ConcertContext, Task<T>> locked)
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        var ratios = new List<double>();
        var times = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            var plain = await TimeAsync(context, queries, clear, unlocked);
            var with = await TimeAsync(context, queries, clear, locked);
            ratios.Add(with / plain);
            times.Add(plain / queries);
        }

        ratios.Sort();
        times.Sort();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{what}: unlocked {times[Rounds / 2] * 1000:0} µs, locked x {ratios[Rounds / 2]:0.00} (quartiles {ratios[Rounds / 4]:0.00} to {ratios[3 * Rounds / 4]:0.00})"));
    }

    private static async Task<double> TimeAsync<T>(ConcertContext context, int queries, bool clear, Func<ConcertContext, Task<T>> query)
    {
        var begun = Stopwatch.GetTimestamp();
        for (var i = 0; i < queries; i++)
        {
            await query(context);
            if (clear)
            {
                context.ChangeTracker.Clear();
            }
        }

        return Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
    }
}
