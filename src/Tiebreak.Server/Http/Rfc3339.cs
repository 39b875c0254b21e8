using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tiebreak.Server.Http;

/// <summary>Times as the contract has them: RFC 3339, in UTC, to the microsecond that PostgreSQL keeps.</summary>
internal static class Rfc3339
{
    private static readonly string[] Formats = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd't'HH:mm:ss.FFFFFFFK"];

    public static string Format(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);

    /// <summary>A time that carries its offset and lies in the years 1 to 9999; what is finer than a microsecond is cut off.</summary>
    public static bool TryParse(string text, out DateTimeOffset time)
    {
        time = default;
        var hasOffset = text.Length > 19 && (text[^1] is 'Z' or 'z' || text.LastIndexOfAny(['+', '-']) > 18);
        var normalized = text.Length > 0 && text[^1] == 'z' ? text[..^1] + "Z" : text;
        if (!hasOffset || !DateTimeOffset.TryParseExact(normalized, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed))
        {
            return false;
        }

        time = new DateTimeOffset(parsed.UtcTicks - (parsed.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
        return true;
    }
}

/// <summary>Writes times as <see cref="Rfc3339"/> has them.</summary>
internal sealed class Rfc3339Converter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetString() is { } text && Rfc3339.TryParse(text, out var time) ? time : throw new JsonException("Not an RFC 3339 time.");

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Rfc3339.Format(value));
}
