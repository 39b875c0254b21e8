using System.Security.Cryptography;
using Npgsql;
using Tiebreak.Races.Findings;
using Tiebreak.Races.Resetting;
using Tiebreak.Races.Scenarios;
using Tiebreak.Races.Scheduling;
using Tiebreak.Races.Traces;
using Tiebreak.Races.Wire;

namespace Tiebreak.Races.Exploring;

/// <summary>A scratch database with a gate for each actor.</summary>
internal sealed class Laboratory : IAsyncDisposable
{
    private readonly List<IActorGate> _gates = [];
    private readonly string _server;

    private Laboratory(string server, Scenario scenario, ScratchDatabase database)
    {
        _server = server;
        Scenario = scenario;
        Database = database;
    }

    public Scenario Scenario { get; }

    public ScratchDatabase Database { get; }

    /// <summary>Makes the database and opens the gates.</summary>
    /// <exception cref="RaceException">The server refuses, a script fails, or a port is taken.</exception>
    public static async Task<Laboratory> CreateAsync(string server, Scenario scenario, CancellationToken cancellationToken)
    {
        var laboratory = new Laboratory(server, scenario, await DatabaseAsync(server, scenario, cancellationToken).ConfigureAwait(false));
        try
        {
            foreach (var actor in scenario.Actors)
            {
                laboratory._gates.Add(ActorRelay.Start(laboratory.Database.UserConnectionString, actor.Port, laboratory.Database.Catalog.Functions, actor.Port == 0 ? RandomNumberGenerator.GetHexString(32, lowercase: true) : actor.Password));
            }

            await scenario.ReadyAsync(cancellationToken).ConfigureAwait(false);
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

    /// <summary>Where an actor reaches the database without being held: past its gate, but for an application that knows only the gate.</summary>
    public string OpenConnectionString(int actor) => Scenario.Actors[actor].Port == 0 ? Database.UserConnectionString : _gates[actor].ConnectionString;

    /// <summary>Each actor once alone, so that pools, plans and caches are warm, and what drivers ask only once is asked.</summary>
    /// <exception cref="RaceException">An actor cannot run even alone.</exception>
    public async Task WarmUpAsync(TimeSpan? patience, CancellationToken cancellationToken)
    {
        for (var actor = 0; actor < Scenario.Actors.Count; actor++)
        {
            var run = await Runner([actor], new RunnerOptions { Autocommit = Scenario.Autocommit, Patience = patience ?? TimeSpan.FromSeconds(60) })
                .RunAsync(new SerialPicker([0]), cancellationToken).ConfigureAwait(false);
            if (Complaint(run, Scenario.Actors[actor]) is { } complaint)
            {
                throw new RaceException($"{Scenario.Actors[actor].Name} cannot run even alone: {complaint}");
            }
        }
    }

    // What fails whatever the order, or never reaches the gate, would hold in every order.
    private static string? Complaint(Run run, Actor actor)
    {
        if (run.Outcome?.Ends[0].Answer is not { } answer)
        {
            return run.Reason;
        }

        var isWrong = answer.SqlState is { } state ? state.StartsWith("42", StringComparison.Ordinal) : actor.SucceedsAlone;
        if (answer.Error is { } error && isWrong)
        {
            return error;
        }

        return run.Trace.Steps.Count == 0 ? $"it sent no statement. Let it connect to the database that it is given, and to no other one.{(answer.Error is null ? "" : $" It ended in {answer.Error}")}" : null;
    }

    /// <summary>Another database with the same actors and one more piece of schema.</summary>
    /// <exception cref="RaceException">The starting rows do not allow it.</exception>
    public Task<Laboratory> WithAsync(string schema, CancellationToken cancellationToken) => CreateAsync(
        _server,
        Scenario with { Given = [.. Scenario.Given, schema], Actors = [.. Scenario.Actors.Select(actor => actor with { Port = 0 })], ReadyAsync = static _ => Task.CompletedTask },
        cancellationToken);

    public async ValueTask DisposeAsync()
    {
        foreach (var (actor, gate) in Scenario.Actors.Zip(_gates))
        {
            await actor.CloseAsync(gate.ConnectionString).ConfigureAwait(false);
            await actor.CloseAsync(Database.UserConnectionString).ConfigureAwait(false);
            await gate.DisposeAsync().ConfigureAwait(false);
        }

        await Database.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task<ScratchDatabase> DatabaseAsync(string server, Scenario scenario, CancellationToken cancellationToken)
    {
        try
        {
            return await ScratchDatabase.CreateAsync(server, scenario, cancellationToken).ConfigureAwait(false);
        }
        catch (NpgsqlException exception)
        {
            throw new RaceException($"The scratch database could not be set up: {exception.Message}", exception);
        }
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
