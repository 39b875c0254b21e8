using System.Data;
using static Tiebreak.Races.Tests.Corpus.CorpusKind;

namespace Tiebreak.Races.Tests.Corpus;

/// <summary>Stock and capacity.</summary>
internal static class Stock
{
    public static readonly CorpusEntry[] Entries =
    [
        new("saleor-lock-and-sum-one-statement", Deceptive, 3, "saleor/saleor#6897", race => race
            .Schema("CREATE TABLE stock (id int PRIMARY KEY, variant int, quantity int)", "CREATE TABLE allocation (stock_id int, quantity_allocated int)")
            .Given("INSERT INTO stock VALUES (1, 1, 1)")
            .Both(async (session, _) =>
            {
                await session.RunAsync("BEGIN");
                var allocated = await session.ReadAsync<long>("SELECT coalesce(sum(quantity_allocated), 0) FROM allocation WHERE stock_id IN (SELECT id FROM stock WHERE variant = 1 ORDER BY id FOR UPDATE)");
                var quantity = await session.ReadAsync<int>("SELECT quantity FROM stock WHERE variant = 1 ORDER BY id FOR UPDATE");
                if (quantity - allocated < 1)
                {
                    return await session.RefuseAsync("out of stock");
                }

                await session.RunAsync("INSERT INTO allocation VALUES (1, 1)");
                await session.RunAsync("COMMIT");
                return "allocated";
            })),

        new("oscar-stockrecord-save", Bug, 1, "django-oscar/django-oscar#1811", race => race
            .Schema("CREATE TABLE stockrecord (id int PRIMARY KEY, num_in_stock int, num_allocated int)")
            .Given("INSERT INTO stockrecord VALUES (1, 10, 0)")
            .Both(async (session, me) =>
            {
                await session.RunAsync("BEGIN");
                var allocated = await session.ReadAsync<int>("SELECT num_allocated FROM stockrecord WHERE id = 1");
                await session.RunAsync("UPDATE stockrecord SET num_in_stock = 10, num_allocated = $1 WHERE id = 1", allocated + me);
                await session.RunAsync("COMMIT");
                return "saved";
            })),

        new("woocommerce-insert-select-hold-tx", Deceptive, 3, "woocommerce/woocommerce#25708", race => race
            .Schema("CREATE TABLE product (id int PRIMARY KEY, stock int)", "CREATE TABLE reserved (order_id int, product_id int, qty int)")
            .Given("INSERT INTO product VALUES (1, 1)")
            .Both(async (session, me) =>
            {
                await session.RunAsync("BEGIN");
                var reserved = await session.RunAsync(Reserve, me);
                await session.RunAsync("COMMIT");
                return reserved == 1 ? "reserved" : "out of stock";
            })),

        new("woocommerce-insert-select-hold", Limit, 3, "woocommerce/woocommerce#25708", race => race
            .Schema("CREATE TABLE product (id int PRIMARY KEY, stock int)", "CREATE TABLE reserved (order_id int, product_id int, qty int)")
            .Given("INSERT INTO product VALUES (1, 1)")
            .Both(async (session, me) => await session.RunAsync(Reserve, me) == 1 ? "reserved" : "out of stock")),

        new("knex-insert-where-not-exists", Limit, 3, "knex/knex 0.95.12", race => race
            .Schema("CREATE TABLE migration_lock (is_locked int)")
            .Both(async (session, _) =>
                await session.RunAsync("INSERT INTO migration_lock SELECT 1 WHERE NOT EXISTS (SELECT * FROM migration_lock)") == 1 ? "locked" : "taken")),

        new("vendure-check-other-transaction", Deceptive, 2, "vendurehq/vendure#1738", race => race
            .Schema("CREATE TABLE stock_level (id int PRIMARY KEY, on_hand int, allocated int)")
            .Given("INSERT INTO stock_level VALUES (1, 1, 0)")
            .Both(async (session, _) =>
            {
                if (await session.ReadAsync<int>("SELECT on_hand - allocated FROM stock_level WHERE id = 1") < 1)
                {
                    return "out of stock";
                }

                await session.RunAsync("BEGIN");
                await session.RunAsync("SELECT * FROM stock_level WHERE id = 1 FOR UPDATE");
                await session.RunAsync("UPDATE stock_level SET allocated = allocated + 1 WHERE id = 1");
                await session.RunAsync("COMMIT");
                return "paid";
            })),

        new("leetcode-city-skip-locked-count", Deceptive, 2, "Ixotic27/The-Leetcode-City#1654", race => race
            .Schema("CREATE TABLE purchase (id int PRIMARY KEY, item_id int, status text)")
            .Given("INSERT INTO purchase VALUES (1, 1, 'pending'), (2, 1, 'pending')")
            .Both(async (session, me) =>
            {
                await session.RunAsync("BEGIN");
                await session.RunAsync("UPDATE purchase SET status = 'processing' WHERE id = $1", me);
                var active = await session.ReadAsync<long>("SELECT count(*) FROM (SELECT 1 FROM purchase WHERE item_id = 1 AND status IN ('processing', 'completed') FOR UPDATE SKIP LOCKED) x");
                if (active > 1)
                {
                    return await session.RefuseAsync("sold out");
                }

                await session.RunAsync("UPDATE purchase SET status = 'completed' WHERE id = $1", me);
                await session.RunAsync("COMMIT");
                return "completed";
            })),

        new("advisory-lock-repeatable-read", Deceptive, 3, "brianc/node-postgres#1625", race => OnePlace(race.Isolation(IsolationLevel.RepeatableRead))),

        new("clean-hievents-advisory", Clean, 0, "HiEventsDev/Hi.Events", OnePlace),

        new("emfcamp-double-cancel", Bug, 1, "emfcamp/Website#638", race => race
            .Schema("CREATE TABLE purchase (id int PRIMARY KEY, state text)", "CREATE TABLE product (id int PRIMARY KEY, capacity_used int)")
            .Given("INSERT INTO purchase VALUES (79, 'reserved')", "INSERT INTO product VALUES (1, 5)")
            .Both(async (session, _) =>
            {
                await session.RunAsync("BEGIN");
                if (await session.ReadAsync<string>("SELECT state FROM purchase WHERE id = 79") == "cancelled")
                {
                    return await session.RefuseAsync("was cancelled");
                }

                await session.RunAsync("UPDATE purchase SET state = 'cancelled' WHERE id = 79");
                await session.RunAsync("UPDATE product SET capacity_used = capacity_used - 1 WHERE id = 1");
                await session.RunAsync("COMMIT");
                return "cancelled";
            })),
    ];

    private const string Reserve =
        "INSERT INTO reserved SELECT $1, 1, 1 WHERE (SELECT stock FROM product WHERE id = 1) - (SELECT coalesce(sum(qty), 0) FROM reserved WHERE product_id = 1) >= 1";

    private static Race OnePlace(Race race) => race
        .Schema("CREATE TABLE orders (id int, event_id int, status text)")
        .Both(async (session, me) =>
        {
            await session.RunAsync("BEGIN");
            await session.RunAsync("SELECT pg_advisory_xact_lock(1)");
            if (await session.ReadAsync<long>("SELECT count(*) FROM orders WHERE event_id = 1 AND status = 'reserved'") >= 1)
            {
                return await session.RefuseAsync("sold out");
            }

            await session.RunAsync("INSERT INTO orders VALUES ($1, 1, 'reserved')", me);
            await session.RunAsync("COMMIT");
            return "reserved";
        });
}
