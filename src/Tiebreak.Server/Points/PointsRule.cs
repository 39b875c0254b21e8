using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Tiebreak.Server.Http.Bodies;

namespace Tiebreak.Server.Points;

/// <summary>One rule of a program. Its <c>type</c> says what else it has; docs/points-rules.md says what each does.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(RateRule), RateRule.Type)]
[JsonDerivedType(typeof(CategoryMultiplierRule), CategoryMultiplierRule.Type)]
[JsonDerivedType(typeof(TierRule), TierRule.Type)]
[JsonDerivedType(typeof(FirstOfDayRule), FirstOfDayRule.Type)]
[JsonDerivedType(typeof(StreakRule), StreakRule.Type)]
[JsonDerivedType(typeof(CampaignRule), CampaignRule.Type)]
[JsonDerivedType(typeof(DailyCapRule), DailyCapRule.Type)]
[JsonDerivedType(typeof(MonthlyCapRule), MonthlyCapRule.Type)]
internal abstract record PointsRule : IRequestPart
{
    private protected PointsRule(string name) => Name = name;

    /// <summary>What the rule is called in a program and in a breakdown.</summary>
    [JsonIgnore]
    public string Name { get; }
}

/// <summary>Adds points for each unit of the amount, rounded down.</summary>
internal sealed record RateRule([property: Range(0, (double)PointsRules.MaxPointsPerUnit)] decimal PointsPerUnit) : PointsRule(Type)
{
    public const string Type = "rate";
}

/// <summary>Multiplies what there is so far when the facts are of the category.</summary>
internal sealed record CategoryMultiplierRule([property: Length(1, Limits.Id)] string Category, [property: Range(0, (double)PointsRules.MaxMultiplier)] decimal Multiplier) : PointsRule(Type)
{
    public const string Type = "categoryMultiplier";
}

/// <summary>Multiplies what there is so far by how much the account has ever earned.</summary>
/// <param name="Tiers">Ascending; the last one that the account has reached counts, and none below the first.</param>
internal sealed record TierRule([property: Length(1, PointsRules.MaxTiers)] IReadOnlyList<Tier> Tiers) : PointsRule(Type)
{
    public const string Type = "tier";
}

/// <summary>A step of a <see cref="TierRule"/>.</summary>
/// <param name="From">The lifetime points from which it counts.</param>
/// <param name="Multiplier">What it multiplies by.</param>
internal sealed record Tier([property: Range(0, Limits.Points)] long From, [property: Range(0, (double)PointsRules.MaxMultiplier)] decimal Multiplier) : IRequestPart;

/// <summary>Adds a bonus to the first earn of a day.</summary>
internal sealed record FirstOfDayRule([property: Range(0, Limits.Points)] long Bonus) : PointsRule(Type)
{
    public const string Type = "firstOfDay";
}

/// <summary>Adds a bonus to the first earn of each day that is at least the so-manieth in a row with an earn.</summary>
internal sealed record StreakRule([property: Range(0, Limits.Points)] long Bonus, [property: Range(1, PointsRules.MaxStreakDays)] int Days) : PointsRule(Type)
{
    public const string Type = "streak";
}

/// <summary>Multiplies what there is so far from one time, included, until another, excluded.</summary>
internal sealed record CampaignRule(DateTimeOffset From, DateTimeOffset Until, [property: Range(0, (double)PointsRules.MaxMultiplier)] decimal Multiplier) : PointsRule(Type)
{
    public const string Type = "campaign";
}

/// <summary>Keeps what the program gives the account in a day within a bound, from here to the end of the list.</summary>
internal sealed record DailyCapRule([property: Range(0, Limits.Points)] long Points) : PointsRule(Type)
{
    public const string Type = "dailyCap";
}

/// <summary>Keeps what the program gives the account in a month within a bound, from here to the end of the list.</summary>
internal sealed record MonthlyCapRule([property: Range(0, Limits.Points)] long Points) : PointsRule(Type)
{
    public const string Type = "monthlyCap";
}

/// <summary>What one rule gave.</summary>
/// <param name="Rule">The rule's type.</param>
/// <param name="Points">Negative where it took away: a cap, or a multiplier below 1.</param>
internal sealed record RuleShare(string Rule, long Points);
