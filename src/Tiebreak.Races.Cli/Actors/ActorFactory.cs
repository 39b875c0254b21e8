using Tiebreak.Races.Cli.Files;
using Tiebreak.Races.Scenarios;

namespace Tiebreak.Races.Cli.Actors;

/// <summary>Makes what runs an actor of a scenario's file.</summary>
internal static class ActorFactory
{
    public static Actor Create(ActorSpec spec, ScenarioFile file)
    {
        if (spec.Sql is { } statements)
        {
            var sql = new SqlActor(statements);
            return new Actor { Name = spec.Name, Port = spec.Port, Password = spec.Password, RunAsync = sql.RunAsync, CloseAsync = sql.CloseAsync };
        }

        return new Actor
        {
            Name = spec.Name,
            Port = spec.Port,
            Password = spec.Password,
            SucceedsAlone = true,
            RunAsync = spec.Http is { } http
                ? new HttpActor(spec.Name, http, file.BusyStatus).RunAsync
                : new CommandActor(spec.Name, spec.Command!, file.Folder, file.BusyExitCodes).RunAsync,
        };
    }
}
