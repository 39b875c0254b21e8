using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tiebreak.Server.Http.Bodies;

namespace Tiebreak.Server.Points;

/// <summary>What happened, for a program's rules to judge.</summary>
/// <param name="Amount">0 to 10^12, with at most four decimal places.</param>
/// <param name="Category">What kind of thing it was.</param>
internal sealed record EarnFacts([property: Range(0, (double)EarnFacts.MaxAmount)] decimal Amount, [property: Length(1, Limits.Id)] string? Category = null)
{
    public const decimal MaxAmount = 1_000_000_000_000;
    public const int MaxMembers = 50;

    /// <summary>What else the caller says: texts, numbers and booleans. No rule reads them; a repetition has to have them too.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Others { get; set; }

    /// <summary>The facts; <see langword="null"/> when they are no object.</summary>
    public static EarnFacts? Read(BodyFields fields)
    {
        if (!fields.IsObject)
        {
            return null;
        }

        var facts = new EarnFacts(Normalize(fields.Number("amount", 0, MaxAmount)), fields.OptionalText("category"));

        // Sorted, so that the payload's hash does not depend on the order in which they were written.
        var others = new SortedDictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var (name, value) in fields.Others())
        {
            if (!Limits.IsText(name, Limits.Id))
            {
                fields.Reject(name, $"A member's name is a text of 1 to {Limits.Id} characters without control characters.");
            }
            else if (!IsPlain(value))
            {
                fields.Reject(name, $"This is a text of at most {Limits.Id} characters without control characters, a number or a boolean.");
            }
            else
            {
                others.Add(name, JsonText.TryNumber(value, out var number) ? JsonElement.Parse(Normalize(number).ToString(CultureInfo.InvariantCulture)) : value.Clone());
            }
        }

        if (others.Count + (facts.Category is null ? 1 : 2) > MaxMembers)
        {
            fields.Reject(null, $"Facts have at most {MaxMembers} members, `amount` and `category` among them.");
        }

        facts.Others = others.Count > 0 ? others : null;
        return facts;
    }

    /// <summary>1.50 and 1.5 are one number, and one payload.</summary>
    public static decimal Normalize(decimal number) => number / 1.0000000000000000000000000000m;

    private static bool IsPlain(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => true,
        JsonValueKind.String => JsonText.TryRead(value, out var text) && (text.Length == 0 || Limits.IsText(text, Limits.Id)),
        _ => false,
    };
}
