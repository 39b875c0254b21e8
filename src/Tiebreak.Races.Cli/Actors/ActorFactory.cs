using Tiebreak.Races.Cli.Files;
using Tiebreak.Races.Scenarios;

namespace Tiebreak.Races.Cli.Actors;

/// <summary>Makes what runs an actor of a scenario's file.</summary>
internal static class ActorFactory
{
    public static Actor Create(ActorSpec spec, ScenarioFile file) => new()
    {
        Name = spec.Name,
        Port = spec.Port,
        SucceedsAlone = spec.Sql is null,
        RunAsync = spec switch
        {
            { Http: { } http } => new HttpActor(spec.Name, http, file.BusyStatus).RunAsync,
            { Command: { } command } => new CommandActor(spec.Name, command, file.Folder, file.BusyExitCodes).RunAsync,
            _ => new SqlActor(spec.Sql!).RunAsync,
        },
    };
}
