using System.Diagnostics;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Tiebreak.RowLocks;

namespace Tiebreak.Tests.RowLocks;

/// <summary>
/// What a bound on the wait costs over the same locked query without one. Not part of a normal run; run it by
/// <c>dotnet run -c Release --project tests/Tiebreak.Tests -- -explicit only -class Tiebreak.Tests.RowLocks.WaitOverhead -showliveoutput</c>.
/// The variants take turns; each counts with its fastest round.
/// </summary>
public sealed class WaitOverhead(ConcertDatabase database, ITestOutputHelper output) : IClassFixture<ConcertDatabase>
{
    [Fact(Explicit = true)]
    public async Task Of_a_query_by_key()
    {
        foreach (var options in new[] { "", ";Max Auto Prepare=20" })
        {
            await using var source = Npgsql.NpgsqlDataSource.Create(database.ConnectionString + options);
            await using var context = new ConcertContext(new DbContextOptionsBuilder<ConcertContext>().UseNpgsql(source).UseTiebreak().Options);
            await using var transaction = await context.Database.BeginTransactionAsync();
            double[] fastest = [double.MaxValue, double.MaxValue];
            RowLockWait[] waits = [RowLockWait.Default, RowLockWait.UpTo(TimeSpan.FromSeconds(5))];
            for (var round = 0; round < 600; round++)
            {
                for (var way = 0; way < 2; way++)
                {
                    var begun = Stopwatch.GetTimestamp();
                    for (var i = 0; i < 10; i++)
                    {
                        await context.Bookings.Where(b => b.Id == 20).ForUpdate(waits[way]).SingleAsync();
                        context.ChangeTracker.Clear();
                    }

                    fastest[way] = Math.Min(fastest[way], Stopwatch.GetElapsedTime(begun).TotalMicroseconds / 10);
                }
            }

            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"one small row by key{options}: {fastest[0]:0.0} µs, up to a time {fastest[1]:0.0} µs, {fastest[1] - fastest[0]:0.0} µs more"));
        }
    }
}
