using System.Diagnostics;
using System.Globalization;
using Tiebreak.Leases;

namespace Tiebreak.Tests.Leases;

/// <summary>
/// What the steps of a lease cost, beside a bare round trip. Not part of a normal run; run it by
/// <c>dotnet run -c Release --project tests/Tiebreak.Tests -- -explicit only -class Tiebreak.Tests.Leases.LeaseCost -showliveoutput</c>.
/// The tests' PostgreSQL does not flush at commit, so a durable server adds its flush to acquire, renewal and release.
/// </summary>
public sealed class LeaseCost(LeaseDatabase database, ITestOutputHelper output) : IClassFixture<LeaseDatabase>
{
    private const int WarmUp = 300;
    private const int Rounds = 1500;

    [Fact(Explicit = true)]
    public async Task Of_each_step()
    {
        var store = database.Store();
        await using var held = await store.AcquireAsync("held");
        await using var place = await store.AcquireAsync("hundred", 100);
        await using var db = await database.Contexts.CreateDbContextAsync();
        await using var transaction = await db.Database.BeginTransactionAsync();

        await ReportAsync("SELECT 1 on a connection of the pool", () => database.ScalarAsync("SELECT 1"));
        await ReportAsync("acquire and release", async () => await (await store.AcquireAsync("free")).DisposeAsync());
        await ReportAsync("acquire and release, one of 100 permits", async () => await (await store.AcquireAsync("hundred", 100)).DisposeAsync());
        await ReportAsync("try, held by another", () => store.TryAcquireAsync("held"));
        await ReportAsync("renew", () => held.RenewAsync());
        await ReportAsync("fence, in an open transaction", () => db.FenceAsync(held));
    }

    private async Task ReportAsync(string what, Func<Task> step)
    {
        var times = new List<double>();
        for (var round = -WarmUp; round < Rounds; round++)
        {
            var begun = Stopwatch.GetTimestamp();
            await step();
            if (round >= 0)
            {
                times.Add(Stopwatch.GetElapsedTime(begun).TotalMicroseconds);
            }
        }

        times.Sort();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {times[times.Count / 2]:0} µs (median), {times[0]:0} µs (fastest)"));
    }
}
