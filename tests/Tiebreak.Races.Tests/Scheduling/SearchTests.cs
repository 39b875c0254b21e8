using System.Data;
using Tiebreak.Races.Scheduling.Dependencies;
using Tiebreak.Races.Scheduling.Searching;
using Tiebreak.Races.Sql;
using Tiebreak.Races.Tests.Scheduling.Model;
using static Tiebreak.Races.Tests.Scheduling.Model.ModelStatement;

namespace Tiebreak.Races.Tests.Scheduling;

public sealed class SearchTests(ITestOutputHelper output)
{
    private static readonly IReadOnlyList<ModelStatement> Kinds =
    [
        Read(1), Read(2), Check(1), Sum(), Count("u"), Count("c"), Write(1), Write(2), Add(1), Add(2), Take(1), AddAll(), WriteCount(1), Delete(1), Insert(1), Insert(2), InsertChild(1),
        Lock(1, LockStrength.Update), Lock(2, LockStrength.Update), Lock(1, LockStrength.NoKeyUpdate), Lock(1, LockStrength.Share), Lock(1, LockStrength.KeyShare),
    ];

    [Theory]
    [InlineData(2, 4, 200)]
    [InlineData(3, 2, 200)]
    [InlineData(3, 3, 6)]
    public void Reduced_and_complete_search_see_the_same_outcomes(int actors, int statements, int programs)
    {
        var (all, reduced) = (0, 0);
        for (var seed = 0; seed < programs; seed++)
        {
            var random = new Random((seed * 31) + actors);
            var program = Enumerable.Range(0, actors).Select(_ => RandomProgram(random, statements)).ToList();
            var (outcomes, count) = Explore(program, new BruteForceSearch(new KnownRuns()));
            var (reducedOutcomes, reducedCount) = Explore(program, Reduced(actors));
            (all, reduced) = (all + count, reduced + reducedCount);
            var texts = string.Join("\n", program.Select(one => string.Join("; ", one.Statements.Select(statement => statement.Sql(new ModelActor(0, one, new ModelDatabase())))) + (one.IsTransaction ? "; COMMIT" : "")));
            Assert.True(outcomes.SetEquals(reducedOutcomes), $"Seed {seed}:\n{texts}\nmissed of {count} by {reducedCount}: {string.Join("\n", outcomes.Except(reducedOutcomes))}");
        }

        output.WriteLine($"{all} schedules, reduced to {reduced}.");
        Assert.True(reduced < all / 2);
    }

    [Theory]
    [MemberData(nameof(Known))]
    public void The_reduction_keeps_to_its_figures(string name, int actors, int most)
    {
        var program = Named(name);
        var (outcomes, count) = Explore([.. Enumerable.Range(0, actors).Select(actor => program(actor))], Reduced(actors));
        output.WriteLine($"{name}, {actors} actors: {count} runs, {outcomes.Count} outcomes");
        Assert.True(count <= most, $"{count} runs, not {most}.");
    }

    public static TheoryData<string, int, int> Known => new()
    {
        { "lost update", 2, 6 },
        { "different rows", 2, 1 },
        { "book a seat", 2, 20 },
        { "for update", 2, 4 },
        { "write skew", 2, 3 },
        { "naive accept", 2, 20 },
        { "lost update", 3, 200 },
        { "naive accept", 3, 1200 },
    };

    private static Func<int, ModelProgram> Named(string name) => name switch
    {
        "lost update" => _ => new ModelProgram([Read(1), Write(1)]),
        "different rows" => actor => new ModelProgram([Read(actor + 1), Add(actor + 1), Write(actor + 1)]),
        "book a seat" => _ => new ModelProgram([Check(1), Read(2), InsertChild(2), Take(1), Add(2)]),
        "for update" => _ => new ModelProgram([Lock(1, LockStrength.Update), Read(1), Write(1)]),
        "write skew" => actor => new ModelProgram([Read(1), Read(2), Write(actor + 1)]),
        _ => _ => new ModelProgram([Check(1), InsertChild(1), Add(1)]),
    };

    [Fact]
    public void No_schedule_is_run_twice_by_searches_that_know_of_each_other()
    {
        ModelProgram[] program = [new([Read(1), Write(1)]), new([Read(1), Write(1)])];
        var known = new KnownRuns();
        var seen = new List<string>();
        Explore(program, new ReducedSearch(known, Footprints(2), 2), seen);
        Explore(program, new BoundedSearch(known, 1), seen);
        Explore(program, new BruteForceSearch(known), seen);
        Explore(program, new RandomSearch(known, 2, 1, 6), seen);
        Assert.Equal(seen.Count, seen.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(known.Count, seen.Count);
    }

    [Fact]
    public void A_bound_takes_fewer_preemptions_first_and_tells_how_far_it_came()
    {
        ModelProgram[] program = [new([Read(1), Write(1)]), new([Read(1), Write(1)])];
        var search = new BoundedSearch(new KnownRuns(), 2);
        Assert.Equal(-1, search.Completed);
        var counts = new List<int>();
        while (search.Next() is { } picker)
        {
            var run = ModelRun.Of(program, picker);
            search.Learn(run, picker);
            counts.Add(Preemptions.Count(run.Trace));
        }

        Assert.Equal(counts.Order(), counts);
        Assert.Equal(2, counts[^1]);
        Assert.Equal(2, search.Completed);
        Assert.True(search.IsExhausted);
    }

    private static ReducedSearch Reduced(int actors) => new(new KnownRuns(), Footprints(actors), actors);

    private static TraceFootprints Footprints(int actors) =>
        new(ModelDatabase.Catalog, [.. Enumerable.Repeat(IsolationLevel.ReadCommitted, actors)]);

    private static ModelProgram RandomProgram(Random random, int most) =>
        new([.. Enumerable.Range(0, random.Next(1, most + 1)).Select(_ => Kinds[random.Next(Kinds.Count)])], random.Next(4) > 0);

    private static (HashSet<string> Outcomes, int Count) Explore(IReadOnlyList<ModelProgram> program, ISearch search, List<string>? schedules = null)
    {
        var outcomes = new HashSet<string>(StringComparer.Ordinal);
        var count = 0;
        for (; search.Next() is { } picker; count++)
        {
            var run = ModelRun.Of(program, picker);
            search.Learn(run, picker);
            schedules?.Add(run.Trace.Schedule.ToString());
            outcomes.Add(ModelRun.Seen(run));
        }

        return (outcomes, count);
    }
}
