using System.Data;
using System.Globalization;
using System.Text.Json;
using Tiebreak.Races.Resetting;
using Tiebreak.Races.Scenarios;
using Tiebreak.Races.Scheduling;
using Tiebreak.Races.Scheduling.Dependencies;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Tests.Scheduling.Direct;

/// <summary>What an actor of a test runs its statements with.</summary>
internal delegate Task<object?> Execute(string sql, int connection = 0);

/// <summary>Actors on a scratch database, behind gates inside the process.</summary>
internal sealed class DirectRace : IAsyncDisposable
{
    private readonly IReadOnlyList<DirectGate> _gates;

    private DirectRace(ScratchDatabase stage, IReadOnlyList<DirectGate> gates, IReadOnlyList<Actor> actors, RunnerOptions options)
    {
        Stage = stage;
        _gates = gates;
        Actors = actors;
        Runner = new ScheduleRunner(actors, gates, stage, options);
    }

    public ScratchDatabase Stage { get; }

    public IReadOnlyList<DirectGate> Gates => _gates;

    public IReadOnlyList<Actor> Actors { get; }

    public ScheduleRunner Runner { get; }

    public TraceFootprints Footprints => new(Stage.Catalog, [.. Actors.Select(_ => IsolationLevel.ReadCommitted)]);

    public static async Task<DirectRace> CreateAsync(string server, string schema, string given, RunnerOptions options, params Func<Execute, CancellationToken, Task<object?>>[] actors)
    {
        var stage = await ScratchDatabase.CreateAsync(server, new Scenario { Schema = [schema], Given = [given] }, TestContext.Current.CancellationToken);
        var gates = actors.Select(_ => new DirectGate(stage.ConnectionString)).ToList();
        var all = actors.Select((run, index) => new Actor
        {
            Name = new[] { "alice", "bob", "carol", "dan" }[index],
            RunAsync = Answers.Of((_, cancellationToken) => run(gates[index].ExecuteAsync, cancellationToken), static _ => false),
        }).ToList();
        return new DirectRace(stage, gates, all, options);
    }

    public Task<Run> RunAsync(string schedule) =>
        Runner.RunAsync(new FollowPicker(new Schedule(schedule)), TestContext.Current.CancellationToken);

    /// <summary>What can be seen of a run, as one text.</summary>
    public static string Seen(Run run) => JsonSerializer.Serialize(new
    {
        Schedule = run.Trace.Schedule.ToString(),
        Ready = run.Trace.Ready.Select(ready => string.Concat(ready)),
        Steps = run.Trace.Steps.Select(step => string.Create(CultureInfo.InvariantCulture, $"{step.Actor} {step.Sql} {step.Tag} {step.SqlState} by {string.Join(',', step.BlockedBy)} after {step.ResumedBy}")),
        run.Outcome,
    });

    public async ValueTask DisposeAsync()
    {
        foreach (var gate in _gates)
        {
            await gate.DisposeAsync();
        }

        await Stage.DisposeAsync();
    }
}
