using Tiebreak.Races.Resetting;
using Tiebreak.Races.Scenarios;
using Tiebreak.Races.Scheduling;
using Tiebreak.Races.Wire;

namespace Tiebreak.Races.Exploring;

/// <summary>A scratch database with a gate for each actor.</summary>
internal sealed class Laboratory : IAsyncDisposable
{
    private readonly List<IActorGate> _gates = [];

    private Laboratory(Scenario scenario, ScratchDatabase database)
    {
        Scenario = scenario;
        Database = database;
    }

    public Scenario Scenario { get; }

    public ScratchDatabase Database { get; }

    /// <summary>Makes the database and opens the gates.</summary>
    /// <exception cref="RaceException">The server refuses, a script fails, or a port is taken.</exception>
    public static async Task<Laboratory> CreateAsync(string server, Scenario scenario, CancellationToken cancellationToken)
    {
        var laboratory = new Laboratory(scenario, await ScratchDatabase.CreateAsync(server, scenario, cancellationToken).ConfigureAwait(false));
        try
        {
            foreach (var actor in scenario.Actors)
            {
                laboratory._gates.Add(await ActorRelay.StartAsync(laboratory.Database.ConnectionString, actor.Port, cancellationToken).ConfigureAwait(false));
            }

            return laboratory;
        }
        catch
        {
            await laboratory.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>What runs these actors; the first is actor 0 of its traces.</summary>
    public ScheduleRunner Runner(IReadOnlyList<int> actors, RunnerOptions options) => new(
        [.. actors.Select(actor => Scenario.Actors[actor])],
        [.. actors.Select(actor => _gates[actor])],
        Database,
        options with
        {
            Settings = options.Settings.Where(setting => actors.Contains(setting.Key)).ToDictionary(setting => IndexOf(actors, setting.Key), setting => setting.Value),
        });

    public async ValueTask DisposeAsync()
    {
        foreach (var gate in _gates)
        {
            await gate.DisposeAsync().ConfigureAwait(false);
        }

        await Database.DisposeAsync().ConfigureAwait(false);
    }

    private static int IndexOf(IReadOnlyList<int> actors, int actor)
    {
        for (var index = 0; index < actors.Count; index++)
        {
            if (actors[index] == actor)
            {
                return index;
            }
        }

        return -1;
    }
}
