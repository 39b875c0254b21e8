using System.Text.Encodings.Web;
using System.Text.Json;

namespace Tiebreak.Races.Oracles;

/// <summary>JSON for people: only what must be escaped is.</summary>
internal static class RelaxedJson
{
    public static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
