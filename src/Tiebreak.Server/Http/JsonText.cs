using System.Text.Json;

namespace Tiebreak.Server.Http;

/// <summary>Reads JSON's texts where an escaped half of a surrogate pair would make the reader throw.</summary>
internal static class JsonText
{
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

    /// <summary>The member's name; a name that is not valid Unicode is nobody's and comes back as a replacement character.</summary>
    public static string Name(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            return "\uFFFD";
        }
    }
}
