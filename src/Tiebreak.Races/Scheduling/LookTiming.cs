using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Scheduling;

/// <summary>
/// Says how soon it is worth asking the database whether a statement waits for a lock: at once where another actor is
/// likely to hold one that it needs, else only when it has not come back for longer than statements take. It decides when
/// to look and nothing else: what is seen is the same, sooner or later.
/// </summary>
internal sealed class LookTiming
{
    // What was seen before of the same statement while the others stood where they stand.
    private readonly Dictionary<string, bool> _seen = new(StringComparer.Ordinal);

    /// <summary>Whether it probably has to wait.</summary>
    public bool ExpectsWait(InFlight flight, IReadOnlyList<ActorRun> actors) =>
        _seen.TryGetValue(flight.Situation ??= Situation(flight, actors), out var waited) ? waited : MayWait(flight, actors);

    /// <summary>It came back, or is known to wait.</summary>
    public void Note(InFlight flight)
    {
        if (flight.Situation is { } situation)
        {
            _seen[situation] = flight.BlockedBy.Count > 0;
        }
    }

    /// <summary>A plain SELECT takes no lock that anybody but DDL keeps; everything else may.</summary>
    public static bool TakesLocks(string sql)
    {
        var text = sql.AsSpan().TrimStart();
        return !text.StartsWith("select", StringComparison.OrdinalIgnoreCase)
            || text.Contains(" for ", StringComparison.OrdinalIgnoreCase) || text.Contains("lock", StringComparison.OrdinalIgnoreCase);
    }

    private static bool MayWait(InFlight flight, IReadOnlyList<ActorRun> actors) =>
        flight.Statement.Kind is StepKind.Statement && TakesLocks(flight.Statement.Sql) && actors.Any(actor => actor != flight.Actor && actor.HoldsLocks);

    private static string Situation(InFlight flight, IReadOnlyList<ActorRun> actors) =>
        string.Join('\0', [flight.Statement.Sql, .. actors.Select(actor => actor == flight.Actor ? "*" : $"{actor.HoldsLocks} {actor.LastSql}")]);
}
