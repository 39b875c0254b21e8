using System.Text.Json;
using System.Text.Json.Serialization;
using Tiebreak.Races.Cli.Files;
using Tiebreak.Races.Findings;
using Tiebreak.Races.Reports;

namespace Tiebreak.Races.Cli.Commands;

/// <summary>A finding as a small file: the scenario that it belongs to, and the order that breaks it.</summary>
/// <param name="Scenario">The scenario's file, from the finding's folder.</param>
/// <param name="Schedule">Replays it.</param>
/// <param name="Isolation">The level under which it was found.</param>
/// <param name="Anomaly">What went wrong, for those who read the file.</param>
internal sealed record SavedFinding(string Scenario, string Schedule, string Isolation, string Anomaly)
{
    public static void Write(string path, string scenario, Finding finding)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var saved = new SavedFinding(
            Path.GetRelativePath(folder, Path.GetFullPath(scenario)).Replace('\\', '/'), finding.Schedule, ReportWords.Level(finding.Isolation), ReportWords.Kebab(finding.Anomaly));
        File.WriteAllText(path, JsonSerializer.Serialize(saved, SavedJson.Default.SavedFinding) + "\n");
    }

    /// <summary>The finding in a file, its scenario's path made whole; <see langword="null"/> when the file is a scenario.</summary>
    public static SavedFinding? Read(JsonSource source)
    {
        if (!source.Root.Members.Any(member => member.Name == "schedule"))
        {
            return null;
        }

        var expect = new Expect(source);
        var members = expect.Object(source.Root, "scenario", "schedule", "isolation", "anomaly");
        if (!members.TryGetValue("scenario", out var scenario))
        {
            throw source.Error(source.Root, "\"scenario\" is missing. Write the scenario's file.");
        }

        var file = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(source.Path))!, expect.String(scenario, "the scenario's file"));
        var level = members.TryGetValue("isolation", out var isolation) ? expect.String(isolation, "an isolation level") : "read committed";
        return new SavedFinding(Path.GetRelativePath(Environment.CurrentDirectory, file), expect.String(members["schedule"], "a schedule, such as \"abab\""), level, "");
    }
}

/// <summary>Writes findings without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(SavedFinding))]
internal sealed partial class SavedJson : JsonSerializerContext;
