using Npgsql;
using static Tiebreak.Races.Tests.Corpus.CorpusKind;

namespace Tiebreak.Races.Tests.Corpus;

/// <summary>Jobs, tokens, keys that make a request count once.</summary>
internal static class Jobs
{
    public static readonly CorpusEntry[] Entries =
    [
        new("linkid-claim-find-update", Bug, 1, "vishnukothakapu/linkid#397", race => WithJobs(race)
            .Both(async (session, me) =>
            {
                var job = await session.ReadAsync<int>("SELECT id FROM job WHERE status = 'PENDING' ORDER BY id LIMIT 1");
                await session.RunAsync("UPDATE job SET status = 'PROCESSING', worker = $1 WHERE id = $2", me, job);
                await session.RunAsync("INSERT INTO run VALUES ($1, $2)", job, me);
                return $"ran {job}";
            })),

        new("clean-claim-skip-locked", Clean, 0, "vishnukothakapu/linkid#409", race => WithJobs(race)
            .Both(async (session, me) =>
            {
                await session.RunAsync("BEGIN");
                var job = await session.ReadAsync<int>(
                    "UPDATE job SET status = 'PROCESSING', worker = $1 WHERE id = (SELECT id FROM job WHERE status = 'PENDING' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id", me);
                await session.RunAsync("INSERT INTO run VALUES ($1, $2)", job, me);
                await session.RunAsync("COMMIT");
                return $"ran {job}";
            })),

        new("lasearcher-insert-then-recheck", Deceptive, 2, "cherrytea-dev/la_searcher_bot#957", race => race
            .Schema("CREATE TABLE running (fn text, who int)", "CREATE TABLE run (job_id int, worker int)")
            .Busy(answer => answer is "busy")
            .Both(async (session, me) =>
            {
                await session.RunAsync("BEGIN");
                await session.RunAsync("INSERT INTO running VALUES ('f', $1)", me);
                if (await session.ReadAsync<long>("SELECT count(*) FROM running WHERE fn = 'f' AND who <> $1", me) > 0)
                {
                    return await session.RefuseAsync("busy");
                }

                await session.RunAsync("COMMIT");
                await session.RunAsync("INSERT INTO run VALUES (1, $1)", me);
                return "ran";
            })),

        new("clean-paycon-idempotency-unique", Clean, 0, "alphagov/pay-connector#4460", race => race
            .Schema("CREATE TABLE idem (key text PRIMARY KEY)", "CREATE TABLE charge (i int)")
            .All(3, async (session, _) =>
            {
                await session.RunAsync("BEGIN");
                if (await session.ReadAsync<string>("SELECT key FROM idem WHERE key = 'k'") is not null)
                {
                    return await session.RefuseAsync("charged already");
                }

                await session.RunAsync("INSERT INTO charge VALUES (100)");
                try
                {
                    await session.RunAsync("INSERT INTO idem VALUES ('k')");
                }
                catch (PostgresException refused) when (refused.SqlState is PostgresErrorCodes.UniqueViolation)
                {
                    return await session.RefuseAsync("charged already");
                }

                await session.RunAsync("COMMIT");
                return "charged";
            })),

        new("reset-token-claimed-by-read", Bug, 1, "antiwork/gumroad#6615", race => race
            .Schema("CREATE TABLE reset (id int PRIMARY KEY, token text)", "CREATE TABLE users (id int PRIMARY KEY, password text)")
            .Given("INSERT INTO reset VALUES (1, 't')", "INSERT INTO users VALUES (1, 'old')")
            .Both(async (session, me) =>
            {
                if (await session.ReadAsync<int>("SELECT id FROM reset WHERE token = 't'") == 0)
                {
                    return "invalid";
                }

                await session.RunAsync("BEGIN");
                await session.RunAsync("UPDATE users SET password = $1 WHERE id = 1", $"new-{me}");
                await session.RunAsync("UPDATE reset SET token = NULL WHERE id = 1");
                await session.RunAsync("COMMIT");
                return "changed";
            })),

        new("clean-nebula-totp-cas", Clean, 0, "forgekeep/nebula-mesh#237", race => race
            .Schema("CREATE TABLE totp (u int PRIMARY KEY, last_step int)", "CREATE TABLE session (w int)")
            .Given("INSERT INTO totp VALUES (1, 4)")
            .All(3, async (session, me) =>
            {
                if (await session.RunAsync("UPDATE totp SET last_step = 5 WHERE u = 1 AND last_step < 5") == 0)
                {
                    return "replayed";
                }

                await session.RunAsync("INSERT INTO session VALUES ($1)", me);
                return "logged in";
            })),

        new("prisma-updatemany-occ", Deceptive, 2, "prisma/orm#8612", race => race
            .Schema("CREATE TABLE seat (id int PRIMARY KEY, claimed_by int, version int)")
            .Given("INSERT INTO seat VALUES (1, NULL, 7)")
            .Both(async (session, me) =>
            {
                if (await session.ReadAsync<int>("SELECT id FROM seat WHERE id = 1 AND version = 7") == 0)
                {
                    return "lost";
                }

                await session.RunAsync("UPDATE seat SET claimed_by = $1, version = version + 1 WHERE id IN (1)", me);
                return "claimed";
            })),

        new("seat-hold-expiry-vs-payment", Bug, 3, "hoangdaochuz/booking#31", race => race
            .Schema("CREATE TABLE seat (id int PRIMARY KEY, status text, booking int, expired bool)", "CREATE TABLE payment (booking int, paid bool)")
            .Given("INSERT INTO seat VALUES (1, 'reserved', 1, true)", "INSERT INTO payment VALUES (1, false)")
            .Does("webhook", async session =>
            {
                await session.RunAsync("BEGIN");
                await session.RunAsync("UPDATE payment SET paid = true WHERE booking = 1");
                await session.RunAsync("UPDATE seat SET status = 'booked' WHERE id = 1");
                await session.RunAsync("COMMIT");
                return "booked";
            })
            .Does("cleaner", async session =>
            {
                if (await session.ReadAsync<int>("SELECT seat.id FROM seat JOIN payment ON payment.booking = seat.booking WHERE seat.status = 'reserved' AND seat.expired AND NOT payment.paid") == 0)
                {
                    return "nothing to release";
                }

                await session.RunAsync("UPDATE seat SET status = 'available', booking = NULL WHERE id = 1");
                return "released";
            })
            .Does("buyer", async session =>
            {
                if (await session.RunAsync("UPDATE seat SET status = 'reserved', booking = 2 WHERE status = 'available'") == 0)
                {
                    return "taken";
                }

                await session.RunAsync("UPDATE seat SET status = 'booked' WHERE booking = 2");
                return "booked";
            })),

        new("mollie-expired-vs-paid-webhook", Bug, 1, "mollie/WooCommerce#1182", race => race
            .Schema("CREATE TABLE orders (id int PRIMARY KEY, status text, paid bool)")
            .Given("INSERT INTO orders VALUES (1, 'pending', false)")
            .Does("expired", async session =>
            {
                if (await session.ReadAsync<bool>("SELECT paid FROM orders WHERE id = 1"))
                {
                    return "ignored";
                }

                await session.RunAsync("UPDATE orders SET status = 'cancelled' WHERE id = 1");
                return "cancelled";
            })
            .Does("paid", async session =>
            {
                if (await session.ReadAsync<string>("SELECT status FROM orders WHERE id = 1") == "cancelled")
                {
                    return "refunded";
                }

                await session.RunAsync("UPDATE orders SET status = 'processing', paid = true WHERE id = 1");
                return "processed";
            })),

        new("clean-discourse-cook-cas", Clean, 0, "discourse/discourse#8819", race => race
            .Schema("CREATE TABLE post (id int PRIMARY KEY, raw text, cooked text)")
            .Given("INSERT INTO post VALUES (1, 'v1', '')")
            .Does("editor", async session =>
            {
                await session.RunAsync("UPDATE post SET raw = 'v2', cooked = '<v2>' WHERE id = 1");
                return "edited";
            })
            .Does("rebake", RebakeAsync)
            .Does("rebake again", RebakeAsync)),
    ];

    private static Race WithJobs(Race race) => race
        .Schema("CREATE TABLE job (id int PRIMARY KEY, status text, worker int)", "CREATE TABLE run (job_id int, worker int)")
        .Given("INSERT INTO job VALUES (1, 'PENDING', NULL), (2, 'PENDING', NULL)");

    private static async Task<string> RebakeAsync(Session session)
    {
        var raw = await session.ReadAsync<string>("SELECT raw FROM post WHERE id = 1");
        await session.RunAsync("UPDATE post SET cooked = $1 WHERE id = 1 AND raw = $2", $"<{raw}>", raw!);
        return "baked";
    }
}
