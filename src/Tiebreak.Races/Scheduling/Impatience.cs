namespace Tiebreak.Races.Scheduling;

/// <summary>Says why a run was given up.</summary>
internal sealed class Impatience(IReadOnlyList<InFlight> flights, LockWaits waits, TimeSpan patience)
{
    public string WhyNot(IReadOnlyList<ActorRun> actors, bool isStuck, ActorRun? silent)
    {
        if (flights.FirstOrDefault(flight => !flight.IsBlocked) is { } flight)
        {
            var why = waits.Stranger is { } pid && flight.Blockers.Count > 0
                ? $"it waits for a lock that process {pid} holds, which is none of the actors'"
                : "it does not wait for a lock of another actor";
            return $"{flight.Actor.Name}'s {Quoted(flight)} did not come back within {patience.TotalSeconds:0.#} s, and {why}.";
        }

        if (flights.Count > 0 && isStuck)
        {
            var by = string.Join(", ", waits.ActorsOf(flights[0]).Select(index => actors[index].Name));
            return $"{flights[0].Actor.Name}'s {Quoted(flights[0])} waits for a lock of {by} that nobody gives free.";
        }

        return $"{silent?.Name} neither ended nor sent a statement within {patience.TotalSeconds:0.#} s.";
    }

    public static string Quoted(InFlight flight) => $"'{flight.Statement.Sql}'";
}
