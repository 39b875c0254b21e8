using Tiebreak.Server.Storage;
using Tiebreak.Races.Findings;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Races.Tests;

/// <summary>Every operation against every other that shares rows with it, in every relevant order of their statements.</summary>
public sealed class GuardedOperationTests
{
    public static IEnumerable<TheoryDataRow<string, string>> Guarded =>
        from guard in new[] { Guards.RowLock, Guards.Lane, Guards.FourLanes }
        from system in Systems.All
            // Requests of two keys are those of points; the others would be told the same again.
        where guard != Guards.FourLanes || system.Name == "points"
        select new TheoryDataRow<string, string>(guard, system.Name);

    public static IEnumerable<TheoryDataRow<string, string, string[]>> Threes =>
        from guard in new[] { Guards.RowLock, Guards.Lane, Guards.FourLanes }
        from three in new[]
        {
            ("invites", new[] { "ann takes the last use", "ben takes the last use", "ann takes the last use with a key" }),
            ("points", ["ann spends 80", "ann spends 30", "ann earns 7"]),
        }
        select new TheoryDataRow<string, string, string[]>(guard, three.Item1, three.Item2);

    public static IEnumerable<TheoryDataRow<Type>> OperationTypes => ServerOperations.Select(type => new TheoryDataRow<Type>(type));

    private static IEnumerable<Type> ServerOperations =>
        from type in typeof(TiebreakDb).Assembly.GetTypes()
        where !type.IsAbstract && Ancestors(type).Any(ancestor => ancestor.IsGenericType && ancestor.GetGenericTypeDefinition() == typeof(SystemOperation<,,>))
        orderby type.Name
        select type;

    [Theory]
    [MemberData(nameof(Guarded))]
    public async Task Every_two_operations_hold_under_the_guard(string guard, string name)
    {
        var system = Systems.All.Single(one => one.Name == name);
        foreach (var (first, second) in system.Pairs)
        {
            await AssertHoldsAsync(guard, system, first, second);
        }
    }

    [Theory]
    [MemberData(nameof(Threes))]
    public async Task Three_operations_hold_under_the_guard(string guard, string name, string[] operations) =>
        await AssertHoldsAsync(guard, Systems.All.Single(one => one.Name == name), [.. operations.Select(Systems.Operation)]);

    [Theory]
    [MemberData(nameof(OperationTypes))]
    public async Task Each_operation_breaks_without_a_guard(Type operation)
    {
        foreach (var system in Systems.All)
        {
            foreach (var (first, second) in system.Pairs.Where(pair => pair.First.Operation == operation || pair.Second.Operation == operation))
            {
                var report = await OperationRace.ExploreAsync(Guards.None, system.Given, first, second);
                if (report.Verdict == Verdict.Broken)
                {
                    TestContext.Current.TestOutputHelper?.WriteLine(report.ToText());
                    return;
                }
            }
        }

        Assert.Fail($"No race was found for {operation.Name} without a guard.");
    }

    [Fact]
    public void Every_operation_of_the_server_meets_others_here() =>
        Assert.Equal(ServerOperations, Systems.All.SelectMany(system => system.Operations).Select(operation => operation.Operation).Distinct().OrderBy(type => type.Name, StringComparer.Ordinal));

    private static async Task AssertHoldsAsync(string guard, Systems system, params ServerOperation[] operations)
    {
        var report = await OperationRace.ExploreAsync(guard, system.Given, operations);
        Assert.True(report is { Verdict: Verdict.Holds, Exhausted: true }, $"{string.Join(" | ", operations.AsEnumerable())}: {report.ToText()}");
        // An operation that fails races with nobody.
        Assert.All(report.OneAtATime.SelectMany(order => order.Answers), answer => Assert.DoesNotContain("\"error\"", answer, StringComparison.Ordinal));
    }

    private static IEnumerable<Type> Ancestors(Type type)
    {
        for (var ancestor = type.BaseType; ancestor is not null; ancestor = ancestor.BaseType)
        {
            yield return ancestor;
        }
    }
}
