using System.Data;
using Tiebreak.Races.Scenarios;
using Tiebreak.Races.Wire;

namespace Tiebreak.Races.Scheduling;

/// <summary>How schedules are run.</summary>
internal sealed record RunnerOptions
{
    public static readonly TimeSpan UsualPatience = TimeSpan.FromSeconds(10);

    /// <summary>How statements outside a transaction are held.</summary>
    public AutocommitMode Autocommit { get; init; }

    /// <summary>The level of transactions that do not choose one.</summary>
    public IsolationLevel Isolation { get; init; } = IsolationLevel.ReadCommitted;

    /// <summary>By actor: its settings where they are others than the two above say.</summary>
    public IReadOnlyDictionary<int, GateSettings> Settings { get; init; } = new Dictionary<int, GateSettings>();

    /// <summary>How often an actor is begun again after 40001 or 40P01 made it give way; 0 unless a fix is tried that needs it.</summary>
    public int Retries { get; init; }

    /// <summary>How long an actor may do anything but wait for a lock of another one, before the run is given up as unknown.</summary>
    public TimeSpan Patience { get; init; } = UsualPatience;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public GateSettings For(int actor) =>
        Settings.TryGetValue(actor, out var own) ? own : new GateSettings { Autocommit = Autocommit, Isolation = Isolation };
}
