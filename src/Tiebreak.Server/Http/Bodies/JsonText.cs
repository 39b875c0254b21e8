using System.Text.Json;

namespace Tiebreak.Server.Http.Bodies;

/// <summary>Reads JSON's texts and numbers where the reader would throw or round.</summary>
internal static class JsonText
{
    /// <summary>What a <see cref="decimal"/> keeps of any number.</summary>
    private const int MaxDigits = 28;

    /// <summary>The text, unless the value is none or is not valid Unicode (such as a lone <c>\ud800</c>).</summary>
    public static bool TryRead(JsonElement value, out string text)
    {
        text = string.Empty;
        if (value.ValueKind != JsonValueKind.String)
        {
            return false;
        }

        try
        {
            text = value.GetString()!;
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>The member's name, unless it is not valid Unicode.</summary>
    public static bool TryName(JsonProperty member, out string name)
    {
        try
        {
            name = member.Name;
            return true;
        }
        catch (InvalidOperationException)
        {
            name = string.Empty;
            return false;
        }
    }

    /// <summary>The whole number, however it is written: 5, 5.0 and 5e0 are one to JSON, and to the OpenAPI document.</summary>
    public static bool TryWhole(JsonElement value, out long number)
    {
        number = 0;
        if (value.ValueKind != JsonValueKind.Number)
        {
            return false;
        }

        if (value.TryGetInt64(out number))
        {
            return true;
        }

        var isWhole = TryNumber(value, out var exact) && decimal.Truncate(exact) == exact && exact is >= long.MinValue and <= long.MaxValue;
        number = isWhole ? (long)exact : 0;
        return isWhole;
    }

    /// <summary>The number, unless the value is none or has more digits than a <see cref="decimal"/> keeps.</summary>
    public static bool TryNumber(JsonElement value, out decimal number)
    {
        number = 0;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDecimal(out number))
        {
            return false;
        }

        // The reader rounds what has more digits, and takes what is very small for zero.
        var digits = value.GetRawText().Split('e', 'E')[0].Replace(".", string.Empty, StringComparison.Ordinal).Trim('-', '0');
        return digits.Length <= MaxDigits && (number == 0) == (digits.Length == 0);
    }
}
