using System.Text.Json.Nodes;

namespace Tiebreak.Races.Tests.Reports;

public sealed class JsonReportTests
{
    private static readonly JsonNode Broken = JsonNode.Parse(SampleReport.Broken.ToJson())!;

    [Fact]
    public void The_report_has_the_members_that_pipelines_read()
    {
        Assert.Equal("broken", (string?)Broken["verdict"]);
        Assert.True((bool)Broken["exhausted"]!);
        Assert.Null(Broken["bound"]);
        Assert.Equal(18, (int)Broken["schedules"]!);
        Assert.Equal(412.3, (double)Broken["perSecond"]!);
        Assert.Equal(2, (int)Broken["serialOutcomes"]!);
        Assert.Equal("alice", (string?)Broken["redundantLocks"]![0]!["actor"]);
    }

    [Fact]
    public void A_finding_has_its_names_in_lower_case_with_hyphens()
    {
        var finding = Broken["findings"]![0]!;

        Assert.Equal("invariant", (string?)finding["kind"]);
        Assert.Equal("check-then-act-across-transactions", (string?)finding["anomaly"]);
        Assert.Equal("used <= usage_limit", (string?)finding["invariant"]);
        Assert.Equal("abaaabbb", (string?)finding["schedule"]);
        Assert.Equal("blocked", (string?)finding["timeline"]![3]!["event"]);
        Assert.Equal("alice", (string?)finding["timeline"]![3]!["blockedBy"]![0]);
        Assert.Equal("bob", (string?)finding["nearestSerial"]!["order"]![1]);
        Assert.Equal("holds", (string?)finding["fixes"]![0]!["verdict"]);
        Assert.Equal(31, (int)finding["fixes"]![0]!["schedules"]!);
        Assert.Equal("public.voucher: (1, 2, 1)", (string?)finding["outcome"]![2]);
    }

    [Fact]
    public void A_bound_is_told_when_the_budget_ended() =>
        Assert.Equal(1, (int)JsonNode.Parse(SampleReport.Unknown.ToJson())!["bound"]!);
}
