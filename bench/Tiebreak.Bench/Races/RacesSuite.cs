using System.Diagnostics;
using Tiebreak.Bench.Measuring;
using Tiebreak.Bench.Reports;
using Tiebreak.Races;
using Tiebreak.Races.Exploring;
using Tiebreak.Races.Findings;
using Tiebreak.Races.Tests.Corpus;

namespace Tiebreak.Bench.Races;

/// <summary>How fast the explorer is, held against its bars. No fixes are tried.</summary>
internal static class RacesSuite
{
    private static readonly Bar Rate = new(300, "orders a second", IsLeast: true);
    private static readonly Bar Orders = new(20, "orders", IsLeast: false);
    private static readonly Bar First = new(100, "ms", IsLeast: false);

    /// <summary>PostgreSQL as the explorer itself starts it.</summary>
    public static IReadOnlyDictionary<string, string> Settings => PrivateServer.Settings;

    public static async Task RunAsync(Func<string, Task<string>> makeDatabaseAsync, BenchOptions options, SuiteReport report)
    {
        // Scratch databases are made beside this one.
        var start = Race.On(await makeDatabaseAsync("races")).TryFixes(false).Budget(TimeSpan.FromMinutes(2));
        var easy = CorpusEntries.All.Where(entry => entry is { Level: 1, Kind: not CorpusKind.WrongOneAtATime }).ToList();

        var four = await RoundsAsync(options, () => ExploreAsync(RaceCases.FourStatements(start).BruteForce()));
        report.Add("two actors of four statements, all orders", Rate, [.. four.Select(one => one.Report.PerSecond)], four[0].Report.Schedules);

        var all = await RoundsAsync(options, () => ExploreAsync(RaceCases.NaiveAccept(start, 2).BruteForce()));
        report.Add("naive accept, two actors, all orders", Seconds(1.5), [.. all.Select(one => one.Seconds)], all[0].Report.Schedules);

        var reduced = await RoundsAsync(options, () => ExploreAsync(RaceCases.NaiveAccept(start, 2)));
        report.Add("naive accept, two actors, reduced", Orders, [.. reduced.Select(one => (double)one.Report.Schedules)], reduced[0].Report.Schedules);

        var first = await RoundsAsync(options, () => FirstFindingsAsync(start, easy));
        report.Add($"first finding, the {easy.Count} easy races of the corpus", First, [.. first.Select(one => one.Ms)], first[0].Orders);

        var three = await RoundsAsync(options, () => ExploreAsync(RaceCases.NaiveAccept(start, 3)));
        report.Add("naive accept, three actors, reduced", Seconds(5), [.. three.Select(one => one.Seconds)], three[0].Report.Schedules);
    }

    private static Bar Seconds(double limit) => new(limit, "s", IsLeast: false);

    /// <summary>What each round gives, behind one that is not counted.</summary>
    private static async Task<List<T>> RoundsAsync<T>(BenchOptions options, Func<Task<T>> measureAsync)
    {
        var rounds = new List<T>();
        for (var round = -1; round < options.Rounds; round++)
        {
            GC.Collect();
            var measured = await measureAsync();
            if (round >= 0)
            {
                rounds.Add(measured);
            }
        }

        return rounds;
    }

    /// <summary>An exploration and how long it took, the making and dropping of its database included.</summary>
    /// <exception cref="InvalidOperationException">It did not find the race, or did not run every order: then no figure of it counts.</exception>
    private static async Task<(RaceReport Report, double Seconds)> ExploreAsync(Race race)
    {
        var begun = Stopwatch.GetTimestamp();
        var report = await race.ExploreAsync();
        var took = Stopwatch.GetElapsedTime(begun);
        return report is { Verdict: Verdict.Broken, Exhausted: true }
            ? (report, took.TotalSeconds)
            : throw new InvalidOperationException($"The race was to be found and every order to be run, so no figure of this run counts. {report.ToText()}");
    }

    /// <summary>The median of the times until the first finding, and of the orders run until then.</summary>
    private static async Task<(double Ms, double Orders)> FirstFindingsAsync(Race start, IReadOnlyList<CorpusEntry> entries)
    {
        var reports = new List<RaceReport>();
        foreach (var entry in entries)
        {
            reports.Add((await ExploreAsync(entry.Build(start))).Report);
        }

        return (Sample.Middle(reports.Select(report => report.FirstFoundIn!.Value.TotalMilliseconds)), Sample.Middle(reports.Select(report => (double)report.FirstFoundAfter!.Value)));
    }
}
