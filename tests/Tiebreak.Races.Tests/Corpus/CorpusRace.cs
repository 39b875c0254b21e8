using Npgsql;

namespace Tiebreak.Races.Tests.Corpus;

/// <summary>Short forms for the corpus.</summary>
internal static class CorpusRace
{
    private static readonly string[] Names = ["alice", "bob", "carol"];

    /// <summary>Adds an actor that speaks SQL on one connection.</summary>
    public static Race Does(this Race race, string name, Func<Session, Task<string>> steps) =>
        race.Actor(name, async (NpgsqlDataSource source, CancellationToken cancellationToken) =>
        {
            await using var connection = await source.OpenConnectionAsync(cancellationToken);
            return await steps(new Session(connection));
        });

    /// <summary>Adds two actors that do the same; each is told its number, from 1.</summary>
    public static Race Both(this Race race, Func<Session, int, Task<string>> steps) => race.All(2, steps);

    /// <summary>Adds actors that do the same; each is told its number, from 1.</summary>
    public static Race All(this Race race, int count, Func<Session, int, Task<string>> steps) =>
        Enumerable.Range(1, count).Aggregate(race, (made, number) => made.Does(Names[number - 1], session => steps(session, number)));
}
