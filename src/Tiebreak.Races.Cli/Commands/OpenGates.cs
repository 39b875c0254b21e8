using Tiebreak.Races.Cli.Files;

namespace Tiebreak.Races.Cli.Commands;

/// <summary>Says what a scenario opens on this machine while it is explored.</summary>
internal static class OpenGates
{
    public static void Say(ScenarioFile file, TextWriter writer)
    {
        foreach (var actor in file.Actors.Where(actor => actor.Port != 0 && actor.Password is null))
        {
            var rights = file.Superuser ? "with the rights of the server's own role" : "with no right but to the scratch database";
            writer.WriteLine($"{actor.Name}: 127.0.0.1:{actor.Port} lets in every program on this machine until the exploration ends, {rights}. Write a \"password\" to ask for one.");
        }
    }
}
