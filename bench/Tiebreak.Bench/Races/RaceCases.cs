using Tiebreak.Races;
using Tiebreak.Races.Tests.Corpus;

namespace Tiebreak.Bench.Races;

/// <summary>What is explored, beside the corpus.</summary>
internal static class RaceCases
{
    /// <summary>Two actors of four statements each, the last the COMMIT. One waits for the other's row in every order but a few.</summary>
    public static Race FourStatements(Race race) => race
        .Schema("CREATE TABLE invite (id int PRIMARY KEY, used int NOT NULL, usage_limit int NOT NULL)", "CREATE TABLE membership (invite_id int NOT NULL, user_id int NOT NULL, PRIMARY KEY (invite_id, user_id))")
        .Given("INSERT INTO invite VALUES (1, 0, 1)")
        .Both(async (session, me) =>
        {
            await session.RunAsync("BEGIN");
            if (!await session.ReadAsync<bool>("SELECT used < usage_limit FROM invite WHERE id = 1"))
            {
                return await session.RefuseAsync("used up");
            }

            await session.RunAsync("INSERT INTO membership VALUES (1, $1)", me);
            await session.RunAsync("UPDATE invite SET used = used + 1 WHERE id = 1");
            await session.RunAsync("COMMIT");
            return "accepted";
        });

    /// <summary>
    /// Reads the invite, counts who has accepted it, looks for the caller and inserts: nobody waits, so that of two actors
    /// with five statements each every one of the 252 orders can be run.
    /// </summary>
    public static Race NaiveAccept(Race race, int actors) => race
        .Schema(
            "CREATE TABLE invite (id int PRIMARY KEY, usage_limit int NOT NULL)",
            "CREATE TABLE membership (invite_id int NOT NULL REFERENCES invite, user_id int NOT NULL, PRIMARY KEY (invite_id, user_id))")
        .Given("INSERT INTO invite VALUES (1, 1)")
        .All(actors, async (session, me) =>
        {
            await session.RunAsync("BEGIN");
            var limit = await session.ReadAsync<int>("SELECT usage_limit FROM invite WHERE id = 1");
            var used = await session.ReadAsync<long>("SELECT count(*) FROM membership WHERE invite_id = 1");
            var mine = await session.ReadAsync<long>("SELECT count(*) FROM membership WHERE invite_id = 1 AND user_id = $1", me);
            var answer = mine > 0 ? "member already" : used >= limit ? "used up" : "accepted";
            if (answer == "accepted")
            {
                await session.RunAsync("INSERT INTO membership VALUES (1, $1)", me);
            }

            await session.RunAsync("COMMIT");
            return answer;
        });
}
