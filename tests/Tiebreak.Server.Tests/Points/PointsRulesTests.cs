using Tiebreak.Server.Http.Bodies;
using Tiebreak.Server.Points;

namespace Tiebreak.Server.Tests.Points;

public sealed class PointsRulesTests
{
    private static readonly DateTimeOffset Noon = new(2030, 3, 31, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateOnly Today = new(2030, 3, 31);

    [Theory]
    [InlineData("10", "1.5", 15)]
    [InlineData("129.95", "1", 129)]
    [InlineData("0.9999", "1", 0)]
    [InlineData("0.1", "30", 3)]
    [InlineData("0", "1000", 0)]
    public void A_rate_gives_points_per_unit_rounded_down(string amount, string pointsPerUnit, long points) =>
        Assert.Equal(points, Points([Rate(Number(pointsPerUnit))], Number(amount)));

    [Fact]
    public void Rules_are_applied_in_their_order_and_rounded_down_after_each()
    {
        Assert.Equal(7, Points([Rate(1), new CampaignRule(Noon, Noon.AddTicks(10), 0.5m), new FirstOfDayRule(5)], 5));
        Assert.Equal(5, Points([Rate(1), new FirstOfDayRule(5), new CampaignRule(Noon, Noon.AddTicks(10), 0.5m)], 5));
    }

    [Fact]
    public void A_category_multiplies_its_own_facts_only()
    {
        PointsRule[] rules = [Rate(1), new CategoryMultiplierRule("books", 3)];

        Assert.Equal(30, Points(rules, 10, "books"));
        Assert.Equal(10, Points(rules, 10, "Books"));
        Assert.Equal(10, Points(rules, 10));
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(99, 10)]
    [InlineData(100, 20)]
    [InlineData(999, 20)]
    [InlineData(1000, 5)]
    public void The_last_tier_that_is_reached_counts(long lifetime, long points) =>
        Assert.Equal(points, PointsRules.Evaluate([Rate(1), new TierRule([new Tier(100, 2), new Tier(1000, 0.5m)])], new EarnFacts(10, null), EarnHistory.None, lifetime, Noon)!.Points);

    [Fact]
    public void A_campaign_holds_from_its_begin_until_just_before_its_end()
    {
        PointsRule[] rules = [Rate(1), new CampaignRule(Noon, Noon.AddHours(1), 2)];

        Assert.Equal(10, Points(rules, 10, at: Noon.AddTicks(-10)));
        Assert.Equal(20, Points(rules, 10, at: Noon));
        Assert.Equal(20, Points(rules, 10, at: Noon.AddHours(1).AddTicks(-10)));
        Assert.Equal(10, Points(rules, 10, at: Noon.AddHours(1)));
    }

    [Fact]
    public void The_first_earn_of_a_day_has_the_bonus_and_the_next_has_not()
    {
        PointsRule[] rules = [new FirstOfDayRule(5)];

        var first = Evaluate(rules, 1, EarnHistory.None);
        var second = Evaluate(rules, 1, first.History);
        var tomorrow = Evaluate(rules, 1, second.History, Noon.AddHours(12));

        Assert.Equal([5, 0, 5], new[] { first.Points, second.Points, tomorrow.Points });
    }

    [Fact]
    public void A_streak_gives_its_bonus_once_a_day_from_its_length_on_until_a_day_is_missed()
    {
        PointsRule[] rules = [new StreakRule(5, 3)];
        var history = EarnHistory.None;
        var given = new List<long>();
        foreach (var day in new[] { 0, 1, 2, 2, 3, 5, 6, 7 })
        {
            var earned = Evaluate(rules, 1, history, Noon.AddDays(day));
            given.Add(earned.Points);
            history = earned.History;
        }

        Assert.Equal([0, 0, 5, 0, 5, 0, 0, 5], given);
    }

    [Fact]
    public void A_daily_cap_leaves_what_is_left_of_the_day_and_begins_anew_on_the_next()
    {
        PointsRule[] rules = [Rate(1), new DailyCapRule(15)];

        var first = Evaluate(rules, 10, EarnHistory.None);
        var second = Evaluate(rules, 10, first.History);
        var third = Evaluate(rules, 10, second.History);
        var tomorrow = Evaluate(rules, 10, third.History, Noon.AddDays(1));

        Assert.Equal([10, 5, 0, 10], new[] { first.Points, second.Points, third.Points, tomorrow.Points });
        Assert.Equal([new RuleShare("rate", 10), new RuleShare("dailyCap", -5)], second.Breakdown);
    }

    [Fact]
    public void A_monthly_cap_counts_the_days_of_its_month()
    {
        PointsRule[] rules = [Rate(1), new MonthlyCapRule(15)];
        var history = Evaluate(rules, 10, EarnHistory.None, Noon.AddDays(-1)).History;

        var last = Evaluate(rules, 10, history);
        var nextMonth = Evaluate(rules, 10, last.History, Noon.AddDays(1));

        Assert.Equal([5, 10], new[] { last.Points, nextMonth.Points });
        Assert.Equal(10, nextMonth.History.MonthPoints);
    }

    [Fact]
    public void The_same_month_of_another_year_is_another_month()
    {
        var lastYear = Evaluate([Rate(1), new MonthlyCapRule(15)], 15, EarnHistory.None, Noon.AddYears(-1)).History;

        var thisYear = Evaluate([Rate(1), new MonthlyCapRule(15)], 10, lastYear, Noon);

        Assert.Equal((10, 10), (thisYear.Points, thisYear.History.MonthPoints));
    }

    [Fact]
    public void A_bonus_behind_a_cap_does_not_pass_it()
    {
        var earned = Evaluate([Rate(1), new DailyCapRule(12), new FirstOfDayRule(5)], 10, EarnHistory.None);

        Assert.Equal(12, earned.Points);
        Assert.Equal([new RuleShare("rate", 10), new RuleShare("dailyCap", 0), new RuleShare("firstOfDay", 2)], earned.Breakdown);
    }

    [Fact]
    public void A_cap_that_was_lowered_below_what_was_given_gives_nothing_more() =>
        Assert.Equal(0, Evaluate([Rate(1), new DailyCapRule(5)], 10, new EarnHistory(Today, 1, 20, 20)).Points);

    [Fact]
    public void An_earn_by_a_clock_that_is_behind_stays_in_the_day_of_the_last_one()
    {
        var earned = Evaluate([Rate(1), new FirstOfDayRule(5), new DailyCapRule(25)], 10, new EarnHistory(Today.AddDays(1), 3, 20, 20));

        Assert.Equal(5, earned.Points);
        Assert.Equal(new EarnHistory(Today.AddDays(1), 3, 25, 25), earned.History);
    }

    [Fact]
    public void No_rules_give_nothing_and_the_earn_counts_for_the_day()
    {
        var earned = Evaluate([], 10, EarnHistory.None);

        Assert.Equal(0, earned.Points);
        Assert.Empty(earned.Breakdown);
        Assert.Equal(new EarnHistory(Today, 1, 0, 0), earned.History);
    }

    [Fact]
    public void What_passes_the_largest_number_is_refused_and_the_largest_number_is_not()
    {
        PointsRule[] largest = [new FirstOfDayRule(Limits.Points)];
        PointsRule[] hundred = [Rate(PointsRules.MaxPointsPerUnit), .. Enumerable.Repeat(new CategoryMultiplierRule("c", PointsRules.MaxMultiplier), 99)];

        Assert.Equal(Limits.Points, Points(largest, 0));
        Assert.Null(PointsRules.Evaluate([.. largest, new StreakRule(1, 1)], new EarnFacts(0, null), EarnHistory.None, 0, Noon));
        Assert.Null(PointsRules.Evaluate(hundred, new EarnFacts(EarnFacts.MaxAmount - 0.0001m, "c"), EarnHistory.None, 0, Noon));
    }

    private static RateRule Rate(decimal pointsPerUnit) => new(pointsPerUnit);

    private static decimal Number(string text) => decimal.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static long Points(PointsRule[] rules, decimal amount, string? category = null, DateTimeOffset? at = null) =>
        PointsRules.Evaluate(rules, new EarnFacts(amount, category), EarnHistory.None, 0, at ?? Noon)!.Points;

    private static PointsRules.Evaluation Evaluate(PointsRule[] rules, decimal amount, EarnHistory history, DateTimeOffset? at = null) =>
        PointsRules.Evaluate(rules, new EarnFacts(amount, null), history, 0, at ?? Noon)!;
}
