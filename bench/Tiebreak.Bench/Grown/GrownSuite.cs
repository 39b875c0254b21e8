using System.Diagnostics;
using Npgsql;
using Tiebreak.Bench.Hosting;
using Tiebreak.Bench.Hot;
using Tiebreak.Bench.Measuring;
using Tiebreak.Bench.Reports;
using Tiebreak.Bench.Systems;

namespace Tiebreak.Bench.Grown;

/// <summary>
/// What one change costs with few and with many records behind its key, and with few and with many keys in the table.
/// One caller, so that waiting for others is no part of it; the sizes take turns call by call.
/// </summary>
internal sealed class GrownSuite : IAsyncDisposable
{
    public const int CallsPerRound = 50;
    private const int RecordsOfLonelyKey = 10;

    private static readonly (string Name, Func<IChanges, GrownRows, Task<int>> CallAsync)[] Changes =
    [
        ("accept", (changes, rows) => changes.AcceptAsync(rows.Code)),
        ("book a place", (changes, rows) => changes.BookPlaceAsync(rows.EventId)),
        ("book a seat", (changes, rows) => changes.BookSeatAsync(rows.SeatedEventId, rows.FreeSeat())),
        ("earn by rules", (changes, rows) => changes.EarnAsync(rows.AccountId)),
    ];

    private readonly List<IAsyncDisposable> _made = [];

    public static async Task RunAsync(Func<string, Task<string>> makeDatabaseAsync, BenchOptions options, SuiteReport report)
    {
        await using var suite = new GrownSuite();
        var records = await suite.ByRecordsAsync(await makeDatabaseAsync("records"), options.Records ?? [10, 10_000, 1_000_000]);
        var keys = new List<GrownSize>();
        foreach (var count in options.Keys ?? [1, 1_000_000])
        {
            keys.Add(await suite.ByKeysAsync(await makeDatabaseAsync(FormattableString.Invariant($"keys_{count}")), count));
        }

        foreach (var (name, callAsync) in Changes)
        {
            var measured = await MeasureAsync([.. records, .. keys], callAsync, options.Rounds);
            foreach (var family in new[] { records, keys })
            {
                foreach (var size in family)
                {
                    report.Add($"{name}, {size.Name}", 1, AcceptWays.RowLock, measured[size], measured[family[0]]);
                }
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var one in _made)
        {
            await one.DisposeAsync();
        }
    }

    private async Task<List<GrownSize>> ByRecordsAsync(string connectionString, IReadOnlyList<int> counts)
    {
        var (server, source) = await OpenAsync(connectionString);
        var rows = counts.Select(count => new GrownRows(count)).ToList();
        await FillAsync(server, rows.SelectMany(one => one.Statements()));
        return [.. counts.Zip(rows, (count, one) => new GrownSize(FormattableString.Invariant($"{count:N0} records behind the key"), one, server, source))];
    }

    private async Task<GrownSize> ByKeysAsync(string connectionString, int count)
    {
        var (server, source) = await OpenAsync(connectionString);
        var rows = new GrownRows(RecordsOfLonelyKey);
        await FillAsync(server, rows.Statements().Concat(GrownRows.OtherKeys(count - 1)));
        return new GrownSize(FormattableString.Invariant($"{count:N0} {(count == 1 ? "key" : "keys")} in the table"), rows, server, source);
    }

    private async Task<(BenchServer Server, NpgsqlDataSource Source)> OpenAsync(string connectionString)
    {
        var server = await BenchServer.CreateAsync(connectionString, BenchServer.Lane);
        var source = AcceptWays.Source(connectionString);
        _made.Add(server);
        _made.Add(source);
        return (server, source);
    }

    private static async Task FillAsync(BenchServer server, IEnumerable<string> statements)
    {
        // What autovacuum and a checkpoint would do in the hours that such a table takes to fill, and not while we measure.
        foreach (var sql in GrownRows.Common().Concat(statements).Append("VACUUM (ANALYZE)").Append("CHECKPOINT"))
        {
            await server.ExecuteAsync(sql);
        }
    }

    /// <summary>The rounds of each way at each size.</summary>
    private static async Task<Dictionary<GrownSize, Dictionary<string, List<Sample>>>> MeasureAsync(
        IReadOnlyList<GrownSize> sizes, Func<IChanges, GrownRows, Task<int>> callAsync, int rounds)
    {
        var turns = sizes.SelectMany(size => size.Ways.Select(way => new Turn(size, way.Name, () => callAsync(way.Changes, size.Rows)))).ToList();
        var measured = sizes.ToDictionary(size => size, size => size.Ways.ToDictionary(way => way.Name, _ => new List<Sample>(), StringComparer.Ordinal));
        for (var round = -1; round < rounds; round++)
        {
            for (var call = 0; call < CallsPerRound; call++)
            {
                // Who goes first changes with each call, so that nobody always runs behind the same one's flush.
                for (var i = 0; i < turns.Count; i++)
                {
                    await turns[(i + call) % turns.Count].CallAsync();
                }
            }

            foreach (var turn in turns)
            {
                var sample = turn.Take();
                if (round >= 0)
                {
                    measured[turn.Size][turn.Way].Add(sample);
                }
            }
        }

        return measured;
    }

    /// <summary>One way at one size, and what its calls of this round took.</summary>
    private sealed class Turn(GrownSize size, string way, Func<Task<int>> callAsync)
    {
        private readonly List<double> _ms = [];
        private long _bytes;

        public GrownSize Size { get; } = size;

        public string Way { get; } = way;

        public async Task CallAsync()
        {
            var bytes = GC.GetTotalAllocatedBytes();
            var begun = Stopwatch.GetTimestamp();
            await callAsync();
            _ms.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            _bytes += GC.GetTotalAllocatedBytes() - bytes;
        }

        public Sample Take()
        {
            var sample = Sample.Of(_ms.Count, TimeSpan.FromMilliseconds(_ms.Sum()), _ms) with { KilobytesPerCall = _bytes / 1024d / _ms.Count };
            _ms.Clear();
            _bytes = 0;
            return sample;
        }
    }
}
