using Tiebreak.Bench.Hosting;
using Tiebreak.Bench.Hot;
using Tiebreak.Bench.Measuring;
using Tiebreak.Bench.Reports;

namespace Tiebreak.Bench.Systems;

/// <summary>The one hot row of each system beside invites: an event by places, an event by seats, an account by rules.</summary>
internal static class SystemsSuite
{
    private const int SeatsASecond = 50_000;

    public static async Task RunAsync(Func<string, Task<string>> makeDatabaseAsync, BenchOptions options, SuiteReport report)
    {
        var connectionString = await makeDatabaseAsync("systems");
        await using var rowLocks = await BenchServer.CreateAsync(connectionString, BenchServer.RowLock);
        await using var lanes = await BenchServer.CreateAsync(connectionString, BenchServer.Lane);
        await using var source = AcceptWays.Source(connectionString);
        await rowLocks.ExecuteAsync("""
            INSERT INTO programs VALUES ('rules', '[{"type": "rate", "pointsPerUnit": 1}, {"type": "firstOfDay", "bonus": 5}, {"type": "dailyCap", "points": 1000000000000}]', now(), now())
            """);
        (string Name, IChanges Changes)[] ways =
        [
            (AcceptWays.RowLock, new HandWritten(source)),
            (AcceptWays.RowLockGuard, new ByTiebreak(rowLocks)),
            (AcceptWays.Lane, new ByTiebreak(lanes)),
        ];
        (string Name, Func<string, IChanges, Task<Contender>> OfAsync)[] cases =
        [
            ("book a place of one event", (name, changes) => PlacesAsync(rowLocks, name, changes)),
            ("book a seat of one event", (name, changes) => Task.FromResult(Seats(rowLocks, name, changes, options))),
            ("earn by rules on one account", (name, changes) => EarnAsync(rowLocks, name, changes)),
        ];
        foreach (var (name, ofAsync) in cases)
        {
            foreach (var callers in options.Callers ?? [1, 64])
            {
                // A hot row for each contender: what one leaves behind in dead rows is not the next one's.
                var contenders = new List<Contender>();
                foreach (var way in ways)
                {
                    contenders.Add(await ofAsync(way.Name, way.Changes));
                }

                report.Add(name, callers, AcceptWays.RowLock, await Rounds.RunAsync(contenders, callers, options.Rounds, options.RoundLength));
            }
        }

        await rowLocks.ReconcileAsync();
    }

    private static async Task<Contender> PlacesAsync(BenchServer server, string name, IChanges changes)
    {
        var id = Guid.NewGuid();
        await server.ExecuteAsync($"INSERT INTO events VALUES ('{id}', 'Places', 1000000000, 0, 0, NULL, false, now())");
        return new Contender(name, _ => changes.BookPlaceAsync(id));
    }

    private static Contender Seats(BenchServer server, string name, IChanges changes, BenchOptions options)
    {
        var seats = new FreeSeats(server, (int)Math.Clamp(SeatsASecond * options.RoundLength.TotalSeconds, 1_000, 100_000));
        return new Contender(name, _ =>
        {
            var (eventId, seat) = seats.Next();
            return changes.BookSeatAsync(eventId, seat);
        })
        {
            PrepareAsync = seats.PrepareAsync,
        };
    }

    private static async Task<Contender> EarnAsync(BenchServer server, string name, IChanges changes)
    {
        var id = Guid.NewGuid().ToString();
        await server.ExecuteAsync($"INSERT INTO accounts VALUES ('{id}', 'rules', 0, 0, 0, now())");
        return new Contender(name, _ => changes.EarnAsync(id));
    }
}
