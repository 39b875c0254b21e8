using System.Data;

namespace Tiebreak.Races.Tests.Corpus;

/// <summary>The reduction leaves out orders, and no outcome.</summary>
public sealed class CorpusReductionTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan Feasible = TimeSpan.FromSeconds(15);

    [Theory]
    [InlineData("saleor-voucher-limit")]
    [InlineData("saleor-lock-and-sum-one-statement")]
    [InlineData("clean-frontier-cte-guard")]
    [InlineData("rails-destroy-vs-locked-parent")]
    [InlineData("octo-transfer-vs-leave")]
    [InlineData("dust-unlock-before-commit")]
    [InlineData("bettervoting-unique-on-random-id")]
    [InlineData("transfer-unsorted")]
    public Task Nothing_is_missed_at_read_committed(string name) => ComparesAsync(name, IsolationLevel.ReadCommitted);

    [Theory]
    [InlineData("saleor-voucher-limit")]
    [InlineData("rails-destroy-vs-locked-parent")]
    [InlineData("hyperswitch-refund-sum")]
    [InlineData("clean-discourse-2013-invite")]
    public Task Nothing_is_missed_at_repeatable_read(string name) => ComparesAsync(name, IsolationLevel.RepeatableRead);

    [Theory]
    [InlineData("saleor-voucher-limit")]
    [InlineData("rails-destroy-vs-locked-parent")]
    [InlineData("hyperswitch-refund-sum")]
    [InlineData("clean-discourse-2013-invite")]
    [InlineData("batch-report-read-only")]
    [InlineData("dust-unlock-before-commit")] // One that gives way there leaves its session's lock behind.
    public Task Nothing_is_missed_at_serializable(string name) => ComparesAsync(name, IsolationLevel.Serializable);

    [Theory(Explicit = true)]
    [MemberData(nameof(CorpusTests.Names), MemberType = typeof(CorpusTests))]
    public async Task Nothing_is_missed_in_the_whole_corpus(string name)
    {
        foreach (var level in new[] { IsolationLevel.ReadCommitted, IsolationLevel.RepeatableRead, IsolationLevel.Serializable })
        {
            await ComparesAsync(name, level, isFeasibleOnly: true);
        }
    }

    private static async Task ComparesAsync(string name, IsolationLevel level, bool isFeasibleOnly = false)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var race = CorpusEntries.Race(name);
        var all = await EveryOrder.OfAsync(race, isBruteForce: true, isFeasibleOnly ? Feasible : Long, level, cancellationToken);
        if (isFeasibleOnly && !all.IsExhausted)
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"{level}: too many orders.");
            return;
        }

        var reduced = await EveryOrder.OfAsync(race, isBruteForce: false, Long, level, cancellationToken);
        TestContext.Current.TestOutputHelper?.WriteLine($"{name} {level}: {all.Orders} orders, {all.Bad} bad, {all.Outcomes.Count} outcomes; reduced {reduced.Orders}, {reduced.Bad} bad, {reduced.Outcomes.Count} outcomes.");
        Assert.True(all.IsExhausted);
        Assert.True(reduced.IsExhausted);
        Assert.True(reduced.Orders <= all.Orders);
        Assert.Equal(all.Outcomes.Order(StringComparer.Ordinal), reduced.Outcomes.Order(StringComparer.Ordinal));
    }
}
