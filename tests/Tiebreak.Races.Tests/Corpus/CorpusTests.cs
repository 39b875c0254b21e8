using Tiebreak.Races.Findings;
using Tiebreak.Races.Reports;

namespace Tiebreak.Races.Tests.Corpus;

/// <summary>Every race of the corpus is found with no invariant given; every safe look-alike holds.</summary>
public sealed class CorpusTests
{
    public static IEnumerable<TheoryDataRow<string>> Names => CorpusEntries.All.Select(entry => new TheoryDataRow<string>(entry.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Entry_is_judged_as_it_should_be(string name)
    {
        var entry = CorpusEntries.All.Single(one => one.Name == name);
        var report = await entry.Build(Race.OnPrivatePostgres()).TryFixes(false).Budget(TimeSpan.FromSeconds(20)).ExploreAsync(TestContext.Current.CancellationToken);
        var told = ConsoleReport.Of(report, ConsoleReport.ReplayInCode);
        TestContext.Current.TestOutputHelper?.WriteLine(told);
        Assert.True(entry.Kind is CorpusKind.Clean ? report is { Verdict: Verdict.Holds, Exhausted: true } : report.Verdict is Verdict.Broken, told);
        Assert.Equal(entry.Kind is CorpusKind.Deadlock, report.Findings.Any(finding => finding.Kind is FindingKind.Deadlock));
        Assert.All(report.Findings.Where(finding => finding.Kind is FindingKind.Deadlock), AssertIsTold);
        Assert.Equal(entry.Kind is CorpusKind.WrongOneAtATime, report.Findings.Any(finding => finding.Kind is FindingKind.WrongOneAtATime));
    }

    private static void AssertIsTold(Finding deadlock)
    {
        Assert.Contains("alice waits for bob", deadlock.Explanation, StringComparison.Ordinal);
        Assert.Contains("bob waits for alice", deadlock.Explanation, StringComparison.Ordinal);
        Assert.Equal(2, deadlock.Culprits.Count);
    }
}
