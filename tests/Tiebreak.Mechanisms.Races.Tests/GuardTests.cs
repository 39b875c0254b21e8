using Tiebreak.Lanes;
using Tiebreak.Operations;

using Tiebreak.Races.Findings;

namespace Tiebreak.Mechanisms.Races.Tests;

/// <summary>One operation under each guard that needs no waiting beside the database, two processes at once.</summary>
public sealed class GuardTests
{
    private static readonly Dictionary<string, Func<Boxes, IGuard<Box>>> Guards = new(StringComparer.Ordinal)
    {
        ["lane"] = boxes => new LaneGuard<Box>(boxes),
        ["row lock"] = boxes => new RowLockGuard<Box>(boxes),
        ["update first"] = boxes => new UpdateFirstGuard<Box>(boxes),
        ["optimistic"] = boxes => new OptimisticGuard<Box>(boxes),
        ["serializable"] = boxes => new SerializableGuard<Box>(boxes),
        ["advisory lock"] = boxes => new AdvisoryLockGuard<Box>(boxes),
    };

    public static IEnumerable<TheoryDataRow<string>> Names => Guards.Keys.Select(guard => new TheoryDataRow<string>(guard));

    [Theory]
    [MemberData(nameof(Names))]
    public async Task No_order_breaks_an_operation_under_a_guard(string guard)
    {
        var report = await ExploreAsync(Guards[guard]);
        Assert.True(report is { Verdict: Verdict.Holds, Exhausted: true }, report.ToText());
        Assert.Equal(["\"sold out\"", "\"yours\""], report.OneAtATime.SelectMany(order => order.Answers).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Lock_inside_one_process_does_not_keep_another_process_out()
    {
        var report = await ExploreAsync(boxes => new LocalLockGuard<Box>(boxes));
        Assert.True(report.Verdict is Verdict.Broken, report.ToText());
    }

    private static Task<RaceReport> ExploreAsync(Func<Boxes, IGuard<Box>> guard) => Race.OnPrivatePostgres()
        .Schema(Box.Schema)
        .Given(Box.Given)
        .TryFixes(false)
        .Actor("alice", database => Task.FromResult(guard(new Boxes(database))), SellTo("alice"))
        .Actor("bob", database => Task.FromResult(guard(new Boxes(database))), SellTo("bob"))
        .ExploreAsync(TestContext.Current.CancellationToken);

    private static Func<IGuard<Box>, CancellationToken, Task<object?>> SellTo(string guest) =>
        async (guard, ct) => await guard.RunAsync(SellPlace.Instance, guest, ct);
}
