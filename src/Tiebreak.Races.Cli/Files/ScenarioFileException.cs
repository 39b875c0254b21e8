namespace Tiebreak.Races.Cli.Files;

/// <summary>A scenario's file is wrong; the message says where and what to write instead.</summary>
internal sealed class ScenarioFileException(string message) : Exception(message);
