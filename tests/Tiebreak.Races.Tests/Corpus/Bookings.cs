using Npgsql;
using static Tiebreak.Races.Tests.Corpus.CorpusKind;

namespace Tiebreak.Races.Tests.Corpus;

/// <summary>Seats, rooms and numbers that may be given once.</summary>
internal static class Bookings
{
    public static readonly CorpusEntry[] Entries =
    [
        new("ticketbeast-find-reserve", Bug, 1, "nothingworksinc/ticketbeast#56", race => race
            .Schema("CREATE TABLE ticket (id int PRIMARY KEY, reserved_by int)", "CREATE TABLE orders (o int, ticket_id int)")
            .Given("INSERT INTO ticket VALUES (1, NULL), (2, NULL)")
            .Both(async (session, me) =>
            {
                var ticket = await session.ReadAsync<int>("SELECT id FROM ticket WHERE reserved_by IS NULL ORDER BY id LIMIT 1");
                await session.RunAsync("UPDATE ticket SET reserved_by = $1 WHERE id = $2", me, ticket);
                await session.RunAsync("INSERT INTO orders VALUES ($1, $2)", me, ticket);
                return $"ticket {ticket}";
            })),

        new("librebooking-overlap", Bug, 1, "LibreBooking/librebooking#147", race => race
            .Schema("CREATE TABLE booking (id int, room int, span int4range)")
            .Both(BookRoomAsync)),

        // A range of the room in place of btree_gist, which is not installed everywhere.
        new("clean-exclusion", Clean, 0, "OpenDigitalProductFactory/opendigitalproductfactory#2554", race => race
            .Schema("CREATE TABLE booking (id int, room int, span int4range, EXCLUDE USING gist (int4range(room, room, '[]') WITH &&, span WITH &&))")
            .Busy(answer => answer is "busy")
            .All(3, async (session, me) =>
            {
                try
                {
                    return await BookRoomAsync(session, me);
                }
                catch (PostgresException refused) when (refused.SqlState is PostgresErrorCodes.ExclusionViolation)
                {
                    return await session.RefuseAsync("taken");
                }
                catch (PostgresException deadlock) when (deadlock.SqlState is PostgresErrorCodes.DeadlockDetected)
                {
                    // Two inserters may wait for each other's row: the application says "try again".
                    return await session.RefuseAsync("busy");
                }
            })),

        new("prestashop-invoice-max", Bug, 1, "PrestaShop/PrestaShop#28757", race => race
            .Schema("CREATE TABLE invoice (number int)")
            .Given("INSERT INTO invoice VALUES (10)")
            .Both(async (session, _) =>
            {
                await session.RunAsync("BEGIN");
                var last = await session.ReadAsync<int>("SELECT max(number) FROM invoice");
                await session.RunAsync("INSERT INTO invoice VALUES ($1)", last + 1);
                await session.RunAsync("COMMIT");
                return "invoiced";
            })),

        new("hitobito-sequence-two-tx", Bug, 1, "hitobito/hitobito#4005", race => race
            .Schema("CREATE TABLE invoice_config (id int PRIMARY KEY, sequence_number int)", "CREATE TABLE invoice (number int)")
            .Given("INSERT INTO invoice_config VALUES (1, 5)")
            .Both(async (session, _) =>
            {
                var number = await session.ReadAsync<int>("SELECT sequence_number FROM invoice_config WHERE id = 1");
                await session.RunAsync("BEGIN");
                await session.RunAsync("INSERT INTO invoice VALUES ($1)", number);
                await session.RunAsync("COMMIT");
                await session.RunAsync("UPDATE invoice_config SET sequence_number = $1 WHERE id = 1", number + 1);
                return "invoiced";
            })),

        new("clean-curie-double-checked-cap", Clean, 0, "curie-eng/curie#2033", race => race
            .Schema("CREATE TABLE ns (agent int, name text)")
            .Given("INSERT INTO ns VALUES (1, 'a')")
            .Both(async (session, me) =>
            {
                var name = me == 1 ? "b" : "c";
                if (await session.ReadAsync<int>("SELECT 1 FROM ns WHERE name = $1", name) == 1)
                {
                    return "there";
                }

                await session.RunAsync("BEGIN");
                await session.RunAsync("SELECT pg_advisory_xact_lock(7, 1)");
                if (await session.ReadAsync<int>("SELECT 1 FROM ns WHERE name = $1", name) == 1)
                {
                    return await session.RefuseAsync("there");
                }

                if (await session.ReadAsync<long>("SELECT count(*) FROM ns WHERE agent = 1") >= 2)
                {
                    return await session.RefuseAsync("quota");
                }

                await session.RunAsync("INSERT INTO ns VALUES (1, $1)", name);
                await session.RunAsync("COMMIT");
                return "made";
            })),
    ];

    private static async Task<string> BookRoomAsync(Session session, int me)
    {
        await session.RunAsync("BEGIN");
        if (await session.ReadAsync<int>("SELECT id FROM booking WHERE room = 1 AND span && '[10,20)'") != 0)
        {
            return await session.RefuseAsync("taken");
        }

        await session.RunAsync("INSERT INTO booking VALUES ($1, 1, '[10,20)')", me);
        await session.RunAsync("COMMIT");
        return "booked";
    }
}
