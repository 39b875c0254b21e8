using Tiebreak.Races.Findings;
using Tiebreak.Races.Reports;

namespace Tiebreak.Races.Tests.Corpus;

/// <summary>A verdict does not depend on who is named first.</summary>
public sealed class CorpusReversedTests
{
    [Theory]
    [MemberData(nameof(CorpusTests.Names), MemberType = typeof(CorpusTests))]
    public async Task Entry_is_judged_the_same_with_its_actors_the_other_way_round(string name)
    {
        var kind = CorpusEntries.All.Single(entry => entry.Name == name).Kind;
        var race = CorpusEntries.Race(name);
        race = race.With(race.Scenario with { Actors = [.. race.Scenario.Actors.Reverse()] });
        var report = await race.TryFixes(false).Budget(TimeSpan.FromSeconds(kind is CorpusKind.Clean ? 20 : 2)).ExploreAsync(TestContext.Current.CancellationToken);
        var told = ConsoleReport.Of(report, ConsoleReport.ReplayInCode);
        Assert.True(kind is CorpusKind.Clean ? report is { Verdict: Verdict.Holds, Exhausted: true } : report.Verdict is Verdict.Broken, told);
        Assert.Equal(kind is CorpusKind.Deadlock, report.Findings.Any(finding => finding.Kind is FindingKind.Deadlock));
        Assert.Equal(kind is CorpusKind.WrongOneAtATime, report.Findings.Any(finding => finding.Kind is FindingKind.WrongOneAtATime));
    }
}
