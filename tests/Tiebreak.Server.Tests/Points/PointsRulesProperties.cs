using FsCheck;
using FsCheck.Fluent;
using Tiebreak.Server.Http.Bodies;
using Tiebreak.Server.Points;

namespace Tiebreak.Server.Tests.Points;

/// <summary>What holds for every program and every sequence of earns.</summary>
public sealed class PointsRulesProperties
{
    private static readonly DateTimeOffset Begin = new(2030, 1, 28, 6, 0, 0, TimeSpan.Zero);

    private static readonly Gen<decimal> Multiplier = Gen.Choose(0, 10_000_000).Select(number => number / 10_000m);

    private static readonly Gen<PointsRule> Rule = Gen.OneOf(
        Gen.Choose(0, 1_000_000).Select(number => (PointsRule)new RateRule(number / 10_000m)),
        Multiplier.Select(multiplier => (PointsRule)new CategoryMultiplierRule("c", multiplier)),
        Multiplier.Two().Select(two => (PointsRule)new TierRule([new Tier(10, two.Item1), new Tier(1000, two.Item2)])),
        Gen.Choose(0, 1000).Select(bonus => (PointsRule)new FirstOfDayRule(bonus)),
        Gen.Choose(0, 1000).SelectMany(bonus => Gen.Choose(1, 5).Select(days => (PointsRule)new StreakRule(bonus, days))),
        Multiplier.Select(multiplier => (PointsRule)new CampaignRule(Begin.AddDays(2), Begin.AddDays(4), multiplier)),
        Gen.Choose(0, 2000).Select(points => (PointsRule)new DailyCapRule(points)),
        Gen.Choose(0, 9000).Select(points => (PointsRule)new MonthlyCapRule(points)));

    private static readonly Gen<Earn> OneEarn =
        from hours in Gen.Choose(0, 40)
        from amount in Gen.OneOf(Gen.Choose(0, 1_000_000).Select(number => number / 10_000m), Gen.Constant(EarnFacts.MaxAmount))
        from isOfCategory in Gen.Elements(true, false)
        select new Earn(TimeSpan.FromHours(hours), new EarnFacts(amount, isOfCategory ? "c" : null));

    private static readonly Arbitrary<Case> Cases = Arb.From(
        from rules in Rule.ArrayOf()
        from earns in OneEarn.ArrayOf()
        select new Case(rules, earns));

    [Fact]
    public void A_breakdown_has_a_line_for_each_rule_and_sums_to_the_points() => Check(run =>
        run.All(step => step.Given.Points == step.Given.Breakdown.Sum(share => share.Points)
            && step.Rules.Select(rule => rule.Name).SequenceEqual(step.Given.Breakdown.Select(share => share.Rule))));

    [Fact]
    public void Points_are_never_negative_and_never_pass_the_largest_number() => Check(run =>
        run.All(step => step.Given.Points is >= 0 and <= Limits.Points));

    [Fact]
    public void No_cap_is_passed_wherever_it_stands() => Check(run =>
        PerPeriod(run, day => day).All(of => of.Points <= Cap<DailyCapRule>(of.Rules, rule => rule.Points))
        && PerPeriod(run, day => new DateOnly(day.Year, day.Month, 1)).All(of => of.Points <= Cap<MonthlyCapRule>(of.Rules, rule => rule.Points)));

    [Fact]
    public void The_first_of_a_day_and_a_streak_give_their_bonus_once_a_day_at_most() => Check(run =>
        run.GroupBy(step => DateOnly.FromDateTime(step.At.UtcDateTime)).All(day =>
            day.Skip(1).All(step => step.Given.Breakdown.Where(share => share.Rule is FirstOfDayRule.Type or StreakRule.Type).All(share => share.Points == 0))));

    [Fact]
    public void A_rate_alone_gives_the_product_rounded_down() => Prop.ForAll(
        Arb.From(Gen.Choose(0, int.MaxValue).Two()),
        pair =>
        {
            // Both have four decimal places: the product in whole numbers, divided, is the same without decimals.
            var expected = (long)((Int128)pair.Item1 * pair.Item2 / 100_000_000);
            return PointsRules.Evaluate([new RateRule(pair.Item2 / 10_000m)], new EarnFacts(pair.Item1 / 10_000m, null), EarnHistory.None, 0, Begin)!.Points == expected;
        }).QuickCheckThrowOnFailure();

    private static void Check(Func<IReadOnlyList<Step>, bool> holds) =>
        Prop.ForAll(Cases, of => holds(Run(of))).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    /// <summary>One earn after the other, each on what those before it left; refused ones leave nothing.</summary>
    private static List<Step> Run(Case of)
    {
        var (history, lifetime, now) = (EarnHistory.None, 0L, Begin);
        var steps = new List<Step>();
        foreach (var earn in of.Earns)
        {
            now += earn.After;
            if (PointsRules.Evaluate(of.Rules, earn.Facts, history, lifetime, now) is { } given)
            {
                (history, lifetime) = (given.History, Math.Min(lifetime + given.Points, Limits.Points));
                steps.Add(new Step(of.Rules, now, given));
            }
        }

        return steps;
    }

    private static IEnumerable<(PointsRule[] Rules, decimal Points)> PerPeriod(IReadOnlyList<Step> run, Func<DateOnly, DateOnly> period) =>
        run.GroupBy(step => period(DateOnly.FromDateTime(step.At.UtcDateTime))).Select(of => (of.First().Rules, of.Sum(step => (decimal)step.Given.Points)));

    private static decimal Cap<TRule>(PointsRule[] rules, Func<TRule, long> points) => rules.OfType<TRule>().Select(points).DefaultIfEmpty(long.MaxValue).Min();

    private sealed record Earn(TimeSpan After, EarnFacts Facts);

    private sealed record Case(PointsRule[] Rules, Earn[] Earns);

    private sealed record Step(PointsRule[] Rules, DateTimeOffset At, PointsRules.Evaluation Given);
}
