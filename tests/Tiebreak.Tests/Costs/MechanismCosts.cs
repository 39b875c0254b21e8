using System.Diagnostics;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Tiebreak.AdvisoryLocks;
using Tiebreak.Leases;
using Tiebreak.LocalLocks;
using Tiebreak.RowLocks;
using Tiebreak.Transactions;
using Tiebreak.Updates;
using Tiebreak.WorkQueues;

namespace Tiebreak.Tests.Costs;

/// <summary>
/// What each mechanism costs when nobody is in the way, against the unprotected "read, decide, write" that it takes the
/// place of. Not part of a normal run; run it by
/// <c>dotnet run -c Release --project tests/Tiebreak.Tests -- -explicit only -class Tiebreak.Tests.Costs.MechanismCosts -showliveoutput</c>.
/// All take turns call by call, so that a busy machine slows each alike; medians.
/// </summary>
public sealed class MechanismCosts(CostDatabase database, ITestOutputHelper output) : IClassFixture<CostDatabase>
{
    private const int WarmUp = 50;
    private const int Calls = 400;
    private int _number;

    [Fact(Explicit = true)]
    public async Task Of_each_mechanism()
    {
        var ways = Ways().ToList();
        var times = ways.ToDictionary(way => way.Name, _ => new List<double>(), StringComparer.Ordinal);
        for (var call = -WarmUp; call < Calls; call++)
        {
            foreach (var (name, runAsync) in ways)
            {
                var begun = Stopwatch.GetTimestamp();
                await runAsync();
                if (call >= 0)
                {
                    times[name].Add(Stopwatch.GetElapsedTime(begun).TotalMicroseconds);
                }
            }
        }

        var unprotected = Median(times[ways[0].Name]);
        foreach (var (name, _) in ways)
        {
            var median = Median(times[name]);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {median:0.0} µs | {median / unprotected:0.00} |"));
        }
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }

    private IEnumerable<(string Name, Func<Task> RunAsync)> Ways()
    {
        var contexts = database.Contexts;
        yield return ("read, decide, `SaveChanges`, unprotected", async () =>
        {
            await using var db = await contexts.CreateDbContextAsync();
            var stock = await db.Stocks.SingleAsync(s => s.Id == 1);
            stock.Quantity--;
            await db.SaveChangesAsync();
        }
        );
        yield return ("the same in a transaction begun by hand", async () =>
        {
            await using var db = await contexts.CreateDbContextAsync();
            await using var transaction = await db.Database.BeginTransactionAsync();
            var stock = await db.Stocks.SingleAsync(s => s.Id == 1);
            stock.Quantity--;
            await db.SaveChangesAsync();
            await transaction.CommitAsync();
        }
        );
        yield return ("`AtomicAsync` with `ForNoKeyUpdate`", () => contexts.AtomicAsync(async (db, ct) =>
        {
            var stock = await db.Stocks.Where(s => s.Id == 1).ForNoKeyUpdate().SingleAsync(ct);
            stock.Quantity--;
            await db.SaveChangesAsync(ct);
        }));
        yield return ("`AtomicAsync` with `SeizeAsync`", () => contexts.AtomicAsync(async (db, ct) =>
        {
            var stock = (await db.Stocks.Where(s => s.Id == 1).SeizeAsync(ct)).Single();
            stock.Quantity--;
            await db.SaveChangesAsync(ct);
        }));
        yield return ("`AtomicAsync` with `AdvisoryLockAsync`", () => contexts.AtomicAsync(async (db, ct) =>
        {
            await db.AdvisoryLockAsync("stock/1", cancellationToken: ct);
            var stock = await db.Stocks.SingleAsync(s => s.Id == 1, ct);
            stock.Quantity--;
            await db.SaveChangesAsync(ct);
        }));
        yield return ("`OptimisticAsync` by `xmin`", () => contexts.OptimisticAsync(async (db, ct) =>
        {
            var stock = await db.Stocks.SingleAsync(s => s.Id == 1, ct);
            return --stock.Quantity;
        }));
        yield return ("`TryTakeAsync`", () => WithAsync(db => db.Stocks.Where(s => s.Id == 1).TryTakeAsync(s => s.Quantity, 1)));
        yield return ("`TryUpdateReturningAsync`", () => WithAsync(db => db.Stocks.Where(s => s.Id == 1 && s.Quantity > 0)
            .TryUpdateReturningAsync(set => set.SetProperty(s => s.Quantity, s => s.Quantity - 1))));
        yield return ("`GetOrCreateAsync`, already there", () => WithAsync(db => db.Labels.GetOrCreateAsync(l => l.Text, new Label { Id = Guid.NewGuid(), Text = "there" })));
        yield return ("`GetOrCreateAsync`, new", () => WithAsync(db => db.Labels.GetOrCreateAsync(
            l => l.Text, new Label { Id = Guid.NewGuid(), Text = string.Create(CultureInfo.InvariantCulture, $"new {_number++}") })));
        yield return ("session advisory lock, taken and released", async () =>
        {
            await using var held = await contexts.AcquireAdvisoryLockAsync("session");
        }
        );
        var leases = new LeaseStore<CostContext>(contexts);
        yield return ("lease, taken and released", async () =>
        {
            await using var lease = await leases.AcquireAsync("cost");
        }
        );
        yield return ("`Enqueue` and `SaveChanges`", () => WithAsync(db =>
        {
            db.Enqueue("costs", _number, key: "one");
            return db.SaveChangesAsync();
        }));
        var locks = new LocalLock<int>();
        yield return ("local lock, taken and released", async () =>
        {
            using var held = await locks.AcquireAsync(1);
        }
        );
    }

    private async Task WithAsync<T>(Func<CostContext, Task<T>> runAsync)
    {
        await using var db = await database.Contexts.CreateDbContextAsync();
        await runAsync(db);
    }
}
