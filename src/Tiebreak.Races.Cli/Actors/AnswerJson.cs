using System.Text.Json.Serialization;

namespace Tiebreak.Races.Cli.Actors;

/// <summary>What an HTTP actor's caller is told.</summary>
internal sealed record HttpAnswer(int Status, string Body);

/// <summary>What a command's caller is told.</summary>
internal sealed record CommandAnswer(int ExitCode, string Output);

/// <summary>What each statement of an SQL actor gave: its rows, or the SQLSTATE of its error.</summary>
internal sealed record SqlAnswer(IReadOnlyList<IReadOnlyList<string?>>? Rows, int? Affected, string? Error);

/// <summary>Writes answers without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(HttpAnswer))]
[JsonSerializable(typeof(CommandAnswer))]
[JsonSerializable(typeof(IReadOnlyList<SqlAnswer>))]
internal sealed partial class AnswerJson : JsonSerializerContext;
