using System.Diagnostics;
using Tiebreak.Server.Http.Bodies;

namespace Tiebreak.Server.Points;

/// <summary>
/// What facts are worth. Pure: rules, facts, history and the time go in, points come out. The rules are applied in
/// their order to a number that begins at zero and is whole after each of them.
/// </summary>
internal static class PointsRules
{
    public const int MaxRules = 100;
    public const int MaxTiers = 100;
    public const decimal MaxMultiplier = 1000;
    public const decimal MaxPointsPerUnit = 1_000_000;
    public const int MaxStreakDays = 10_000;

    /// <summary>What the program gives; <see langword="null"/> when a rule would make it pass 2^53 - 1.</summary>
    /// <param name="rules">The program's rules.</param>
    /// <param name="facts">What happened.</param>
    /// <param name="history">What the account has done under the program.</param>
    /// <param name="lifetime">What the account has ever earned.</param>
    /// <param name="now">The time after the guard was taken.</param>
    public static Evaluation? Evaluate(IReadOnlyList<PointsRule> rules, EarnFacts facts, EarnHistory history, long lifetime, DateTimeOffset now)
    {
        var situation = new Situation(facts, history.IsFirstOfDay(now), history.At(now), lifetime, now);
        var shares = new List<RuleShare>(rules.Count);
        var points = 0L;
        var room = decimal.MaxValue;
        foreach (var rule in rules)
        {
            // A cap holds for the rules behind it too: a bonus at the list's end does not pass it.
            room = Math.Min(room, RoomUnder(rule, situation));
            var next = Math.Min(Apply(rule, points, situation), room);
            if (next > Limits.Points)
            {
                return null;
            }

            shares.Add(new RuleShare(rule.Name, (long)next - points));
            points = (long)next;
        }

        return new Evaluation(points, shares, situation.History.Plus(points));
    }

    /// <summary>
    /// Whole, and exact: the largest products, 10^12 times 10^6 and 2^53 times 1000 with their decimal places, fit
    /// a decimal's 28 digits.
    /// </summary>
    private static decimal Apply(PointsRule rule, decimal points, Situation situation) => rule switch
    {
        RateRule rate => points + decimal.Floor(situation.Facts.Amount * rate.PointsPerUnit),
        CategoryMultiplierRule category => string.Equals(category.Category, situation.Facts.Category, StringComparison.Ordinal) ? decimal.Floor(points * category.Multiplier) : points,
        TierRule tiers => tiers.Tiers.LastOrDefault(tier => tier.From <= situation.Lifetime) is { } tier ? decimal.Floor(points * tier.Multiplier) : points,
        FirstOfDayRule first => situation.IsFirstOfDay ? points + first.Bonus : points,
        StreakRule streak => situation.IsFirstOfDay && situation.History.StreakDays >= streak.Days ? points + streak.Bonus : points,
        CampaignRule campaign => campaign.From <= situation.Now && situation.Now < campaign.Until ? decimal.Floor(points * campaign.Multiplier) : points,
        DailyCapRule or MonthlyCapRule => points,
        _ => throw new UnreachableException($"No rule is called {rule.Name}."),
    };

    private static decimal RoomUnder(PointsRule rule, Situation situation) => rule switch
    {
        DailyCapRule cap => Math.Max(0, cap.Points - situation.History.DayPoints),
        MonthlyCapRule cap => Math.Max(0, cap.Points - situation.History.MonthPoints),
        _ => decimal.MaxValue,
    };

    /// <summary>What a program gives for facts.</summary>
    /// <param name="Points">The sum of the shares.</param>
    /// <param name="Breakdown">What each rule gave, in the rules' order.</param>
    /// <param name="History">The history with this earn in it.</param>
    internal sealed record Evaluation(long Points, IReadOnlyList<RuleShare> Breakdown, EarnHistory History);

    private sealed record Situation(EarnFacts Facts, bool IsFirstOfDay, EarnHistory History, long Lifetime, DateTimeOffset Now);
}
