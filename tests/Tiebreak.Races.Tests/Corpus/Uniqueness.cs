using static Tiebreak.Races.Tests.Corpus.CorpusKind;

namespace Tiebreak.Races.Tests.Corpus;

/// <summary>What may be there once, and what hangs on it.</summary>
internal static class Uniqueness
{
    public static readonly CorpusEntry[] Entries =
    [
        new("rails-destroy-vs-locked-parent", Deceptive, 2, "rails/rails#28625", race => race
            .Schema("CREATE TABLE rate_category (id int PRIMARY KEY)", "CREATE TABLE prc (cat int)")
            .Given("INSERT INTO rate_category VALUES (1)")
            .Does("job", async session =>
            {
                await session.RunAsync("BEGIN");
                if (await session.ReadAsync<int>("SELECT id FROM rate_category WHERE id = 1 FOR UPDATE") != 1)
                {
                    return await session.RefuseAsync("no such category");
                }

                await session.RunAsync("INSERT INTO prc VALUES (1)");
                await session.RunAsync("COMMIT");
                return "added";
            })
            .Does("destroyer", async session =>
            {
                await session.RunAsync("BEGIN");
                await session.RunAsync("DELETE FROM prc WHERE cat = 1");
                await session.RunAsync("DELETE FROM rate_category WHERE id = 1");
                await session.RunAsync("COMMIT");
                return "destroyed";
            })),

        new("courtlistener-get-or-create-locked", Deceptive, 2, "freelawproject/courtlistener#2299", race => GetOrCreate(race, locksParent: false)),

        new("clean-courtlistener-parent-lock", Clean, 0, "freelawproject/courtlistener#2299, as merged", race => GetOrCreate(race, locksParent: true)),

        new("hievents-waitlist-empty-list", Deceptive, 2, "HiEventsDev/Hi.Events#1072", race => race
            .Schema("CREATE TABLE waitlist (id serial, price int, email text, status text, position int)")
            .Both(async (session, _) =>
            {
                await session.RunAsync("BEGIN");
                await session.RunAsync("SELECT id FROM waitlist WHERE price = 1 AND status IN ('waiting', 'offered') FOR UPDATE");
                if (await session.ReadAsync<int>("SELECT 1 FROM waitlist WHERE price = 1 AND email = 'a@example.org'") == 1)
                {
                    return await session.RefuseAsync("waits already");
                }

                var last = await session.ReadAsync<int>("SELECT coalesce(max(position), 0) FROM waitlist WHERE price = 1");
                await session.RunAsync("INSERT INTO waitlist (price, email, status, position) VALUES (1, 'a@example.org', 'waiting', $1)", last + 1);
                await session.RunAsync("COMMIT");
                return "waits";
            })),

        new("bettervoting-unique-on-random-id", Deceptive, 2, "Equal-Vote/bettervoting#1356", race => race
            .Schema("CREATE TABLE roll (voter_id text PRIMARY KEY, ip_hash text)")
            .Both(async (session, me) =>
            {
                if (await session.ReadAsync<string>("SELECT voter_id FROM roll WHERE ip_hash = 'h'") is not null)
                {
                    return "known";
                }

                await session.RunAsync("INSERT INTO roll VALUES ($1, 'h')", $"voter-{me}");
                return "enrolled";
            })),

        new("lobsters-vote-delta", Bug, 1, "lobsters/lobsters@01f6e5d4", race => race
            .Schema("CREATE TABLE votes (id serial, user_id int, story_id int, vote int)", "CREATE TABLE story (id int PRIMARY KEY, score int)")
            .Given("INSERT INTO story VALUES (1, 0)")
            .Both(async (session, _) =>
            {
                if (await session.ReadAsync<int>("SELECT vote FROM votes WHERE user_id = 1 AND story_id = 1") == 1)
                {
                    return "voted already";
                }

                await session.RunAsync("INSERT INTO votes (user_id, story_id, vote) VALUES (1, 1, 1)");
                await session.RunAsync("UPDATE story SET score = score + 1 WHERE id = 1");
                return "voted";
            })),

        new("oversold-from-the-start", WrongOneAtATime, 1, "an invariant that no order keeps", race => race
            .Schema("CREATE TABLE voucher (id int PRIMARY KEY, used int, usage_limit int)")
            .Given("INSERT INTO voucher VALUES (1, 0, 1)")
            .Invariant("used within its limit", "SELECT used <= usage_limit FROM voucher")
            .Both(async (session, _) =>
            {
                await session.RunAsync("UPDATE voucher SET used = used + 1 WHERE id = 1");
                return "used";
            })),
    ];

    private static Race GetOrCreate(Race race, bool locksParent) => race
        .Schema("CREATE TABLE docket (id int PRIMARY KEY)", "CREATE TABLE docket_entry (id serial, docket_id int, number int)")
        .Given("INSERT INTO docket VALUES (1)")
        .Both(async (session, _) =>
        {
            await session.RunAsync("BEGIN");
            if (locksParent)
            {
                await session.RunAsync("SELECT id FROM docket WHERE id = 1 FOR UPDATE");
            }

            if (await session.ReadAsync<int>("SELECT id FROM docket_entry WHERE docket_id = 1 AND number = 99 FOR UPDATE") != 0)
            {
                return await session.RefuseAsync("found");
            }

            await session.RunAsync("INSERT INTO docket_entry (docket_id, number) VALUES (1, 99)");
            await session.RunAsync("COMMIT");
            return "created";
        });
}
