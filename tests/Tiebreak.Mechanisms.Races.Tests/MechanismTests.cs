using Tiebreak.Races.Findings;

namespace Tiebreak.Mechanisms.Races.Tests;

/// <summary>Every mechanism as a pair: without it the explorer finds the race, with it there is none in any relevant order.</summary>
public sealed class MechanismTests
{
    private static readonly Dictionary<string, Func<Boxes, string, CancellationToken, Task<object?>>> Without = new(StringComparer.Ordinal)
    {
        ["buy the last place"] = Naive.BuyAsync,
        ["let the last guest in"] = Naive.AdmitAsync,
        ["raise a price"] = Naive.RaiseAsync,
        ["take a name"] = Naive.NameAsync,
    };

    private static readonly Dictionary<string, Func<Boxes, string, CancellationToken, Task<object?>>> With = new(StringComparer.Ordinal)
    {
        ["row lock"] = Guarded.BuyUnderARowLockAsync,
        ["row lock on an entity that is tracked already"] = Guarded.BuyOnAStaleEntityUnderARowLockAsync,
        ["row lock that skips"] = Guarded.BuyOrGiveUpAsync,
        ["one statement"] = Guarded.BuyInOneStatementAsync,
        ["counter with a limit"] = Guarded.BuyByACounterAsync,
        ["update first"] = Guarded.BuyUpdateFirstAsync,
        ["optimistic"] = Guarded.RaiseOptimisticallyAsync,
        ["increment"] = Guarded.RaiseByAnIncrementAsync,
        ["advisory lock"] = Guarded.AdmitUnderAnAdvisoryLockAsync,
        ["serializable"] = Guarded.AdmitSerializablyAsync,
        ["lease with a fence"] = Guarded.AdmitUnderALeaseAsync,
        ["get or create"] = Guarded.NameOnceAsync,
    };

    public static IEnumerable<TheoryDataRow<string>> Changes => Without.Keys.Select(change => new TheoryDataRow<string>(change));

    public static IEnumerable<TheoryDataRow<string>> Mechanisms => With.Keys.Select(mechanism => new TheoryDataRow<string>(mechanism));

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Race_is_found_without_a_mechanism(string change)
    {
        var report = await ExploreAsync(Without[change]);
        Assert.True(report.Verdict is Verdict.Broken, report.ToText());
    }

    [Theory]
    [MemberData(nameof(Mechanisms))]
    public async Task No_order_breaks_a_mechanism(string mechanism)
    {
        var report = await ExploreAsync(With[mechanism]);
        Assert.True(report is { Verdict: Verdict.Holds, Exhausted: true }, report.ToText());
        // Those that always hold because they do nothing show nothing.
        Assert.Contains(report.OneAtATime.SelectMany(order => order.Answers), answer => answer is "\"yours\"" or "\"in\"" or "\"alice\"" or "1" or "112");
    }

    private static Task<RaceReport> ExploreAsync(Func<Boxes, string, CancellationToken, Task<object?>> change) => Race.OnPrivatePostgres()
        .Schema(Box.Schema)
        .Given(Box.Given)
        .Busy(answer => answer is "busy")
        .TryFixes(false)
        .Actor("alice", database => Task.FromResult(new Boxes(database)), (boxes, ct) => change(boxes, "alice", ct))
        .Actor("bob", database => Task.FromResult(new Boxes(database)), (boxes, ct) => change(boxes, "bob", ct))
        .ExploreAsync(TestContext.Current.CancellationToken);
}
