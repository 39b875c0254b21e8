using System.Text.Encodings.Web;
using System.Text.Json;

namespace Tiebreak.Races.Cli.Actors;

/// <summary>Answers as JSON with quotes and comparison signs as they are: people read them, and they are compared by their meaning.</summary>
internal static class AnswerText
{
    private static readonly AnswerJson Json = new(new JsonSerializerOptions(AnswerJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public static string Of(HttpAnswer answer) => JsonSerializer.Serialize(answer, Json.HttpAnswer);

    public static string Of(CommandAnswer answer) => JsonSerializer.Serialize(answer, Json.CommandAnswer);

    public static string Of(IReadOnlyList<SqlAnswer> answers) => JsonSerializer.Serialize(answers, Json.IReadOnlyListSqlAnswer);
}
