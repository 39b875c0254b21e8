using System.Data;
using static Tiebreak.Races.Tests.Corpus.CorpusKind;

namespace Tiebreak.Races.Tests.Corpus;

/// <summary>Money, ledgers and roles.</summary>
internal static class Money
{
    public static readonly CorpusEntry[] Entries =
    [
        new("rustchain-withdraw-negative", Bug, 1, "Scottcjn/Rustchain#4296", race => race
            .Schema("CREATE TABLE wallet (id int PRIMARY KEY, balance int)", "CREATE TABLE withdrawal (amount int)")
            .Given("INSERT INTO wallet VALUES (1, 100)")
            .Both(async (session, _) =>
            {
                await session.RunAsync("BEGIN");
                if (await session.ReadAsync<int>("SELECT balance FROM wallet WHERE id = 1") < 100)
                {
                    return await session.RefuseAsync("insufficient");
                }

                await session.RunAsync("INSERT INTO withdrawal VALUES (100)");
                await session.RunAsync("UPDATE wallet SET balance = balance - 100 WHERE id = 1");
                await session.RunAsync("COMMIT");
                return "paid out";
            })),

        new("spree-store-credit-narrow-lock", Deceptive, 2, "spree/spree#11284", race => race
            .Schema("CREATE TABLE payment (id int PRIMARY KEY, state text)", "CREATE TABLE store_credit (id int PRIMARY KEY, amount_used int)")
            .Given("INSERT INTO payment VALUES (1, 'checkout')", "INSERT INTO store_credit VALUES (1, 0)")
            .Both(async (session, _) =>
            {
                if (await session.ReadAsync<string>("SELECT state FROM payment WHERE id = 1") != "checkout")
                {
                    return "done already";
                }

                await session.RunAsync("UPDATE payment SET state = 'processing' WHERE id = 1");
                await session.RunAsync("BEGIN");
                if (await session.ReadAsync<int>("SELECT amount_used FROM store_credit WHERE id = 1 FOR UPDATE") + 50 > 100)
                {
                    return await session.RefuseAsync("insufficient");
                }

                await session.RunAsync("UPDATE store_credit SET amount_used = amount_used + 50 WHERE id = 1");
                await session.RunAsync("COMMIT");
                return "paid";
            })),

        new("hyperswitch-refund-sum", Bug, 1, "juspay/hyperswitch#13182", Refunds),

        new("refund-repeatable-read", Deceptive, 3, "juspay/hyperswitch#13182 at REPEATABLE READ", race => Refunds(race.Isolation(IsolationLevel.RepeatableRead))),

        new("clean-refund-serializable", Clean, 0, "juspay/hyperswitch#13182 at SERIALIZABLE", race => Refunds(race.Isolation(IsolationLevel.Serializable))),

        new("clean-transfer-sorted", Clean, 0, "betterplace/acts_as_account@118104c", race => Transfers(race, sorted: true)),

        new("transfer-unsorted", Deadlock, 1, "betterplace/acts_as_account before 118104c", race => Transfers(race, sorted: false)),

        new("last-admin-demotion", Bug, 1, "first-tree-ai/first-tree#1650", race => race
            .Schema("CREATE TABLE member (id int PRIMARY KEY, org int, role text)")
            .Given("INSERT INTO member VALUES (1, 1, 'admin'), (2, 1, 'admin')")
            .Both(async (session, me) =>
            {
                if (await session.ReadAsync<long>("SELECT count(*) FROM member WHERE org = 1 AND role = 'admin'") <= 1)
                {
                    return "last admin";
                }

                await session.RunAsync("BEGIN");
                await session.RunAsync("UPDATE member SET role = 'member' WHERE id = $1", me);
                await session.RunAsync("COMMIT");
                return "demoted";
            })),

        new("clean-frontier-cte-guard", Clean, 0, "raystack/frontier#1590", race => race
            .Schema("CREATE TABLE policy (id int PRIMARY KEY, resource int, role text)")
            .Given("INSERT INTO policy VALUES (1, 1, 'owner'), (2, 1, 'owner')")
            .Both(async (session, me) =>
            {
                await session.RunAsync("BEGIN");
                var deleted = await session.RunAsync(
                    """
                    WITH locked AS (SELECT id FROM policy WHERE resource = 1 AND role = 'owner' ORDER BY id FOR UPDATE)
                    DELETE FROM policy WHERE id = $1 AND (SELECT count(*) FROM locked WHERE id <> $1) > 0
                    """,
                    me);
                await session.RunAsync("COMMIT");
                return deleted == 1 ? "deleted" : "last owner";
            })),

        new("octo-transfer-vs-leave", Deceptive, 2, "Mininglamp-OSS/octo-server#339", race => race
            .Schema("CREATE TABLE space_member (uid int PRIMARY KEY, role text, status int)")
            .Given("INSERT INTO space_member VALUES (1, 'owner', 1), (2, 'member', 1)")
            .Does("leaver", async session =>
            {
                if (await session.ReadAsync<string>("SELECT role FROM space_member WHERE uid = 2") == "owner")
                {
                    return "owners stay";
                }

                await session.RunAsync("UPDATE space_member SET status = 0 WHERE uid = 2");
                return "left";
            })
            .Does("owner", async session =>
            {
                await session.RunAsync("BEGIN");
                if (await session.ReadAsync<int>("SELECT status FROM space_member WHERE uid = 2 FOR UPDATE") != 1)
                {
                    return await session.RefuseAsync("not a member");
                }

                await session.RunAsync("UPDATE space_member SET role = 'owner' WHERE uid = 2");
                await session.RunAsync("UPDATE space_member SET role = 'member' WHERE uid = 1");
                await session.RunAsync("COMMIT");
                return "transferred";
            })),

        new("batch-report-read-only", Deceptive, 3, "the deposit report of PostgreSQL's wiki on SSI", race => race
            .Isolation(IsolationLevel.RepeatableRead)
            .Schema("CREATE TABLE control (batch int)", "CREATE TABLE receipt (batch int, amt int)")
            .Given("INSERT INTO control VALUES (1)")
            .Does("clerk", async session =>
            {
                await session.RunAsync("BEGIN");
                var batch = await session.ReadAsync<int>("SELECT batch FROM control");
                await session.RunAsync("INSERT INTO receipt VALUES ($1, 10)", batch);
                await session.RunAsync("COMMIT");
                return $"in batch {batch}";
            })
            .Does("closer", async session =>
            {
                await session.RunAsync("BEGIN");
                await session.RunAsync("UPDATE control SET batch = batch + 1");
                await session.RunAsync("COMMIT");
                return "closed";
            })
            .Does("reporter", async session =>
            {
                await session.RunAsync("BEGIN");
                var batch = await session.ReadAsync<int>("SELECT batch FROM control");
                var sum = await session.ReadAsync<long>("SELECT sum(amt) FROM receipt WHERE batch = $1", batch - 1);
                await session.RunAsync("COMMIT");
                return $"batch {batch - 1}: {sum}";
            })),
    ];

    private static Race Refunds(Race race) => race
        .Schema("CREATE TABLE refund (id int, payment_id int, amount int)")
        .Both(async (session, me) =>
        {
            await session.RunAsync("BEGIN");
            if (await session.ReadAsync<long>("SELECT 100 - coalesce(sum(amount), 0) FROM refund WHERE payment_id = 1") < 60)
            {
                return await session.RefuseAsync("too much");
            }

            await session.RunAsync("INSERT INTO refund VALUES ($1, 1, 60)", me);
            await session.RunAsync("COMMIT");
            return "refunded";
        });

    private static Race Transfers(Race race, bool sorted) => race
        .Schema("CREATE TABLE account (id int PRIMARY KEY, balance int)")
        .Given("INSERT INTO account VALUES (1, 100), (2, 100)")
        .Both(async (session, me) =>
        {
            var (from, to, amount) = me == 1 ? (1, 2, 10) : (2, 1, 25);
            await session.RunAsync("BEGIN");
            foreach (var id in sorted ? new[] { 1, 2 } : [from, to])
            {
                await session.RunAsync("SELECT balance FROM account WHERE id = $1 FOR UPDATE", id);
            }

            await session.RunAsync("UPDATE account SET balance = balance - $1 WHERE id = $2", amount, from);
            await session.RunAsync("UPDATE account SET balance = balance + $1 WHERE id = $2", amount, to);
            await session.RunAsync("COMMIT");
            return "transferred";
        });
}
