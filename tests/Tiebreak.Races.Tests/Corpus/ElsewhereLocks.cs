using static Tiebreak.Races.Tests.Corpus.CorpusKind;

namespace Tiebreak.Races.Tests.Corpus;

/// <summary>Locks that are not where one thinks: in a table that stands for Redis, or let go too early.</summary>
internal static class ElsewhereLocks
{
    public static readonly CorpusEntry[] Entries =
    [
        new("clean-redis-unlock-no-ttl", Clean, 0, "KanishJebaMathewM/Truxify#9493", race => race
            .Schema(Lock, "CREATE TABLE counter (id int PRIMARY KEY, value int)")
            .Given("INSERT INTO counter VALUES (1, 0)")
            .Busy(answer => answer is "busy")
            .All(3, async (session, me) =>
            {
                if (await session.RunAsync(Take) == 0)
                {
                    return "busy";
                }

                var value = await session.ReadAsync<int>("SELECT value FROM counter WHERE id = 1");
                await session.RunAsync("UPDATE counter SET value = $1 WHERE id = 1", value + me);
                await session.RunAsync(Drop);
                return "counted";
            })),

        new("broadleaf-finally-clears-lock", Deceptive, 3, "BroadleafCommerce/BroadleafCommerce#909", race => race
            .Schema(Lock, "CREATE TABLE orders (id int PRIMARY KEY, status text)", "CREATE TABLE charge (n int)")
            .Given("INSERT INTO orders VALUES (1, 'PENDING')")
            .Busy(answer => answer is "busy")
            .All(3, async (session, me) =>
            {
                var locked = await session.RunAsync(Take) == 1;
                var answer = "busy";
                if (locked)
                {
                    answer = "done already";
                    if (await session.ReadAsync<string>("SELECT status FROM orders WHERE id = 1") == "PENDING")
                    {
                        await session.RunAsync("INSERT INTO charge VALUES ($1)", me);
                        await session.RunAsync("UPDATE orders SET status = 'DONE' WHERE id = 1");
                        answer = "charged";
                    }
                }

                await session.RunAsync(Drop);
                return answer;
            })),

        new("dust-unlock-before-commit", Deceptive, 2, "dust-tt/dust#2265", race => race
            .Schema("CREATE TABLE message (rank int)")
            .Both(async (session, _) =>
            {
                await session.RunAsync("BEGIN");
                await session.RunAsync("SELECT pg_advisory_lock(42)");
                var last = await session.ReadAsync<int>("SELECT coalesce(max(rank), 0) FROM message");
                await session.RunAsync("INSERT INTO message VALUES ($1)", last + 1);
                await session.RunAsync("SELECT pg_advisory_unlock(42)");
                await session.RunAsync("COMMIT");
                return "posted";
            })),
    ];

    private const string Lock = "CREATE TABLE lock (name text PRIMARY KEY)";
    private const string Take = "INSERT INTO lock VALUES ('l') ON CONFLICT DO NOTHING";
    private const string Drop = "DELETE FROM lock WHERE name = 'l'";
}
