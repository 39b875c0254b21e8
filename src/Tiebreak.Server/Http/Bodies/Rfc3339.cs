using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Tiebreak.Server.Http.Bodies;

/// <summary>Times as the contract has them: RFC 3339, in UTC, to the microsecond that PostgreSQL keeps.</summary>
internal static partial class Rfc3339
{
    public static string Format(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);

    /// <summary>
    /// A time that carries its offset and lies in the years 1 to 9999. What is finer than a microsecond is cut off; a
    /// leap second is the second after it.
    /// </summary>
    public static bool TryParse(string text, out DateTimeOffset time)
    {
        time = default;
        if (Form().Match(text) is not { Success: true } match)
        {
            return false;
        }

        var isLeap = match.Groups["second"].ValueSpan is "60";
        var toTheSecond = $"{match.Groups["date"].Value} {match.Groups["minute"].Value}:{(isLeap ? "59" : match.Groups["second"].Value)}";
        if (!DateTime.TryParseExact(toTheSecond, "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
        {
            return false;
        }

        var ticks = local.Ticks + FractionTicks(match.Groups["fraction"].Value) - OffsetTicks(match.Groups["offset"].Value) + (isLeap ? TimeSpan.TicksPerSecond : 0);
        if (ticks < DateTimeOffset.MinValue.Ticks || ticks > DateTimeOffset.MaxValue.Ticks || (isLeap && ticks % TimeSpan.TicksPerDay >= TimeSpan.TicksPerSecond))
        {
            return false;
        }

        time = new DateTimeOffset(ticks, TimeSpan.Zero);
        return true;
    }

    [GeneratedRegex(@"\A(?<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt](?<minute>[0-9]{2}:[0-9]{2}):(?<second>[0-9]{2})(\.(?<fraction>[0-9]+))?([Zz]|(?<offset>[+-]([01][0-9]|2[0-3]):[0-5][0-9]))\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Form();

    private static long FractionTicks(string digits) =>
        int.Parse(digits.PadRight(6, '0').AsSpan(0, 6), CultureInfo.InvariantCulture) * TimeSpan.TicksPerMicrosecond;

    private static long OffsetTicks(string offset) => offset.Length == 0 ? 0
        : TimeSpan.ParseExact(offset.AsSpan(1), @"hh\:mm", CultureInfo.InvariantCulture).Ticks * (offset[0] == '-' ? -1 : 1);
}

/// <summary>Writes times as <see cref="Rfc3339"/> has them.</summary>
internal sealed class Rfc3339Converter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetString() is { } text && Rfc3339.TryParse(text, out var time) ? time : throw new JsonException("Not an RFC 3339 time.");

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Rfc3339.Format(value));
}
