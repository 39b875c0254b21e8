using Tiebreak.Server.Http.Bodies;

namespace Tiebreak.Server.Points;

/// <summary>Reads rules as a caller writes them.</summary>
internal static class PointsRuleReading
{
    public static IReadOnlyList<PointsRule> Read(BodyFields program) =>
        [.. program.Objects("rules", 0, PointsRules.MaxRules).Select(ReadRule).OfType<PointsRule>()];

    /// <summary>The rule; <see langword="null"/> when nobody can say which one is meant.</summary>
    private static PointsRule? ReadRule(BodyFields rule)
    {
        if (!rule.IsObject)
        {
            return null;
        }

        PointsRule? read = rule.Text("type") switch
        {
            RateRule.Type => new RateRule(Factor(rule, "pointsPerUnit", PointsRules.MaxPointsPerUnit)),
            CategoryMultiplierRule.Type => new CategoryMultiplierRule(rule.Text("category"), Multiplier(rule)),
            TierRule.Type => new TierRule(ReadTiers(rule)),
            FirstOfDayRule.Type => new FirstOfDayRule(rule.Whole("bonus", 0, Limits.Points)),
            StreakRule.Type => new StreakRule(rule.Whole("bonus", 0, Limits.Points), (int)rule.Whole("days", 1, PointsRules.MaxStreakDays)),
            CampaignRule.Type => ReadCampaign(rule),
            DailyCapRule.Type => new DailyCapRule(rule.Whole("points", 0, Limits.Points)),
            MonthlyCapRule.Type => new MonthlyCapRule(rule.Whole("points", 0, Limits.Points)),
            "" => null,
            _ => Unknown(rule),
        };
        if (read is not null)
        {
            rule.RejectUnknown();
        }

        return read;
    }

    private static PointsRule? Unknown(BodyFields rule)
    {
        rule.Reject("type", "This is one of rate, categoryMultiplier, tier, firstOfDay, streak, campaign, dailyCap and monthlyCap.");
        return null;
    }

    private static List<Tier> ReadTiers(BodyFields rule)
    {
        var tiers = new List<Tier>();
        foreach (var step in rule.Objects("tiers", 1, PointsRules.MaxTiers).Where(step => step.IsObject))
        {
            var tier = new Tier(step.Whole("from", 0, Limits.Points), Multiplier(step));
            step.RejectUnknown();
            if (step.IsFine && tiers.Count > 0 && tier.From <= tiers[^1].From)
            {
                step.Reject("from", "This is larger than the one of the tier before.");
            }

            tiers.Add(tier);
        }

        return tiers;
    }

    private static CampaignRule ReadCampaign(BodyFields rule)
    {
        var campaign = new CampaignRule(rule.Time("from"), rule.Time("until"), Multiplier(rule));
        if (rule.IsFine && campaign.Until <= campaign.From)
        {
            rule.Reject("until", "This is later than `from`.");
        }

        return campaign;
    }

    private static decimal Multiplier(BodyFields fields) => Factor(fields, "multiplier", PointsRules.MaxMultiplier);

    private static decimal Factor(BodyFields fields, string name, decimal max) => EarnFacts.Normalize(fields.Number(name, 0, max));
}
