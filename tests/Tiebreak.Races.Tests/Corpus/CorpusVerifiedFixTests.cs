using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Tests.Corpus;

/// <summary>Nearly every race of the corpus is told with a fix that was explored and holds.</summary>
public sealed class CorpusVerifiedFixTests
{
    [Fact(Explicit = true)]
    public async Task Nine_of_ten_races_of_the_corpus_have_a_fix_that_holds()
    {
        var racy = CorpusEntries.All.Where(entry => entry.Kind is not (CorpusKind.Clean or CorpusKind.WrongOneAtATime)).ToList();
        var without = new List<string>();
        foreach (var entry in racy)
        {
            var report = await entry.Build(Race.OnPrivatePostgres()).Budget(TimeSpan.FromSeconds(30)).ExploreAsync(TestContext.Current.CancellationToken);
            if (!report.Findings.Any(finding => finding.Fixes.Any(fix => fix.Verdict is Verdict.Holds)))
            {
                without.Add($"{entry.Name} ({report.Verdict}):\n  {string.Join("\n  ", report.Findings.SelectMany(finding => finding.Fixes).Select(fix => $"{fix.Verdict} {fix.Reason} {fix.What}"))}");
            }
        }

        var told = $"{racy.Count - without.Count} of {racy.Count} have a fix that holds. Without:\n{string.Join('\n', without)}";
        TestContext.Current.TestOutputHelper?.WriteLine(told);
        Assert.True(without.Count * 10 <= racy.Count, told);
    }
}
