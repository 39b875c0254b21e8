using System.Data;
using Tiebreak.Races.Cli.Actors;
using Tiebreak.Races.Cli.Files;

namespace Tiebreak.Races.Cli.Commands;

/// <summary>The race that a scenario's file describes.</summary>
internal static class RaceOf
{
    public static Race File(ScenarioFile file, IReadOnlyList<IsolationLevel> isolation)
    {
        var race = (file.Database is { } database ? Race.On(database) : Race.OnPrivatePostgres())
            .Schema([.. file.Schema])
            .Given([.. file.Given])
            .Ignore([.. file.Ignore])
            .Autocommit(file.Autocommit)
            .Warmup(file.Warmup);
        race = file.Superuser ? race.Superuser() : race;
        var levels = isolation.Count > 0 ? isolation : file.Isolation;
        if (levels.Count > 0)
        {
            race = race.Isolation([.. levels]);
        }

        race = file.Invariants.Aggregate(race, (with, invariant) => with.Invariant(invariant.Name, invariant.Sql));
        return file.Actors.Aggregate(race, (with, actor) => with.Actor(ActorFactory.Create(actor, file)));
    }
}
