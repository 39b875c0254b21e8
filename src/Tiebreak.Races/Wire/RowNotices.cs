using System.Text;
using System.Text.Json;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Wire;

/// <summary>The fields of errors and notices, and the notices by which a scratch database tells which rows were written.</summary>
/// <remarks>https://www.postgresql.org/docs/current/protocol-error-fields.html</remarks>
internal static class RowNotices
{
    private const string Message = "tiebreak:row";

    /// <summary>The row that a notice tells of; <see langword="null"/> when it is any other notice.</summary>
    public static RowChange? Read(ReadOnlySpan<byte> body)
    {
        if (body.IndexOf("tiebreak:row"u8) < 0)
        {
            return null;
        }

        var fields = Fields(body);
        if (fields.GetValueOrDefault('M') != Message || !fields.TryGetValue('D', out var detail))
        {
            return null;
        }

        using var json = JsonDocument.Parse(detail);
        return new RowChange(json.RootElement.GetProperty("table").GetString()!, Raw(json.RootElement, "old"), Raw(json.RootElement, "new"));
    }

    /// <summary>The SQLSTATE and message of an error.</summary>
    public static (string SqlState, string Message) Error(ReadOnlySpan<byte> body)
    {
        var fields = Fields(body);
        return (fields.GetValueOrDefault('C', "XX000"), fields.GetValueOrDefault('M', ""));
    }

    private static string? Raw(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.Object ? value.GetRawText() : null;

    private static Dictionary<char, string> Fields(ReadOnlySpan<byte> body)
    {
        var fields = new Dictionary<char, string>();
        while (body.Length > 1 && body[0] != 0)
        {
            var code = (char)body[0];
            body = body[1..];
            var end = body.IndexOf((byte)0);
            if (end < 0)
            {
                break;
            }

            fields[code] = Encoding.UTF8.GetString(body[..end]);
            body = body[(end + 1)..];
        }

        return fields;
    }
}
