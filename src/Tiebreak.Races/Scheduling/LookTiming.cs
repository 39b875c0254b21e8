using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Scheduling;

/// <summary>
/// Says how soon it is worth asking the database whether a statement waits for a lock: at once where another actor is
/// likely to hold one that it needs, else only when it has not come back for longer than statements take. It decides when
/// to look and nothing else: what is seen is the same, sooner or later.
/// </summary>
internal sealed class LookTiming
{
    // As many looks as a statement that is only on its way to a lock may need.
    private const int LooksAtOnce = 3;

    // Actors that send other texts each time must not fill the memory.
    private const int MostSeen = 10_000;

    private static readonly TimeSpan AtOnce = TimeSpan.FromMilliseconds(0.15);
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(20);

    // What was seen before of the same statement while the others stood where they stand.
    private readonly Dictionary<string, bool> _seen = new(StringComparer.Ordinal);

    /// <summary>How long to wait for an answer before the next look.</summary>
    /// <param name="looks">How many there were since something happened.</param>
    /// <param name="flights">What is under way.</param>
    /// <param name="actors">Everybody.</param>
    public TimeSpan BackOff(int looks, IReadOnlyList<InFlight> flights, IReadOnlyList<ActorRun> actors)
    {
        if (looks < LooksAtOnce && flights.Any(flight => !flight.IsBlocked && ExpectsWait(flight, actors)))
        {
            return AtOnce;
        }

        return looks >= 4 ? Longest : Soon * (1 << looks);
    }

    /// <summary>It came back, or is known to wait.</summary>
    public void Note(InFlight flight)
    {
        if (flight.Situation is { } situation && (_seen.Count < MostSeen || _seen.ContainsKey(situation)))
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

    private bool ExpectsWait(InFlight flight, IReadOnlyList<ActorRun> actors) =>
        _seen.TryGetValue(flight.Situation ??= Situation(flight, actors), out var waited) ? waited : MayWait(flight, actors);

    private static bool MayWait(InFlight flight, IReadOnlyList<ActorRun> actors) =>
        flight.Statement.Kind is StepKind.Statement && TakesLocks(flight.Statement.Sql) && actors.Any(actor => actor != flight.Actor && actor.HoldsLocks);

    private static string Situation(InFlight flight, IReadOnlyList<ActorRun> actors) =>
        string.Join('\0', [flight.Statement.Sql, .. actors.Select(actor => actor == flight.Actor ? "*" : $"{actor.HoldsLocks} {actor.LastSql}")]);
}
