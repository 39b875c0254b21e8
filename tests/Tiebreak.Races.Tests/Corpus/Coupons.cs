using static Tiebreak.Races.Tests.Corpus.CorpusKind;

namespace Tiebreak.Races.Tests.Corpus;

/// <summary>Coupons, vouchers and invites of limited use.</summary>
internal static class Coupons
{
    public static readonly CorpusEntry[] Entries =
    [
        new("saleor-voucher-limit", Bug, 1, "saleor/saleor#544", race => race
            .Schema("CREATE TABLE voucher (id int PRIMARY KEY, used int, usage_limit int)", "CREATE TABLE orders (voucher_id int, customer int)")
            .Given("INSERT INTO voucher VALUES (1, 0, 1)")
            .Both(async (session, me) =>
            {
                await session.RunAsync("BEGIN");
                if (!await session.ReadAsync<bool>("SELECT used < usage_limit FROM voucher WHERE id = 1"))
                {
                    return await session.RefuseAsync("used up");
                }

                await session.RunAsync("INSERT INTO orders VALUES (1, $1)", me);
                await session.RunAsync("UPDATE voucher SET used = used + 1 WHERE id = 1");
                await session.RunAsync("COMMIT");
                return "ordered";
            })),

        new("litemall-coupon-claim", Bug, 1, "linlinjava/litemall#581", race => race
            .Schema("CREATE TABLE coupon_user (coupon_id int, user_id int)")
            .Both(async (session, _) =>
            {
                if (await session.ReadAsync<long>("SELECT count(*) FROM coupon_user WHERE coupon_id = 1") >= 2)
                {
                    return "all gone";
                }

                if (await session.ReadAsync<long>("SELECT count(*) FROM coupon_user WHERE coupon_id = 1 AND user_id = 7") >= 1)
                {
                    return "yours already";
                }

                await session.RunAsync("INSERT INTO coupon_user VALUES (1, 7)");
                return "claimed";
            })),

        new("shopper-guard-rowcount-ignored", Deceptive, 2, "shopperlabs/shopper#510", race => race
            .Schema("CREATE TABLE discount (id int PRIMARY KEY, total_use int, usage_limit int)", "CREATE TABLE orders (discount_id int, customer int)")
            .Given("INSERT INTO discount VALUES (1, 0, 1)")
            .Both(async (session, me) =>
            {
                if (!await session.ReadAsync<bool>("SELECT total_use < usage_limit FROM discount WHERE id = 1"))
                {
                    return "used up";
                }

                await session.RunAsync("BEGIN");
                await session.RunAsync("INSERT INTO orders VALUES (1, $1)", me);
                await session.RunAsync("UPDATE discount SET total_use = total_use + 1 WHERE id = 1 AND total_use < usage_limit");
                await session.RunAsync("COMMIT");
                return "ordered";
            })),

        new("discourse-invite-v1", Bug, 1, "discourse/discourse#9813", race => race
            .Schema("CREATE TABLE invite (id int PRIMARY KEY, redemption_count int, max_redemptions_allowed int)", "CREATE TABLE invited_user (invite_id int, user_id int)")
            .Given("INSERT INTO invite VALUES (1, 0, 1)")
            .Both(async (session, me) =>
            {
                await session.RunAsync("BEGIN");
                if (!await session.ReadAsync<bool>("SELECT redemption_count < max_redemptions_allowed FROM invite WHERE id = 1"))
                {
                    return await session.RefuseAsync("not redeemable");
                }

                await session.RunAsync("INSERT INTO invited_user VALUES (1, $1)", me);
                await session.RunAsync("UPDATE invite SET redemption_count = redemption_count + 1 WHERE id = 1");
                await session.RunAsync("COMMIT");
                return "redeemed";
            })),

        new("clean-discourse-2013-invite", Clean, 0, "discourse/discourse@01bde1b7", race => race
            .Schema("CREATE TABLE invite (id int PRIMARY KEY, redeemed_at timestamptz)", "CREATE TABLE topic_user (u int)")
            .Given("INSERT INTO invite VALUES (1, NULL)")
            .Both(async (session, me) =>
            {
                await session.RunAsync("BEGIN");
                var mine = await session.RunAsync("UPDATE invite SET redeemed_at = now() WHERE id = 1 AND redeemed_at IS NULL") == 1;
                if (mine)
                {
                    await session.RunAsync("INSERT INTO topic_user VALUES ($1)", me);
                }

                await session.RunAsync("COMMIT");
                return mine ? "redeemed" : "too late";
            })),

        new("pretix-value-before-lock", Deceptive, 2, "pretix/pretix#6067", race => race
            .Schema("CREATE TABLE voucher (id int PRIMARY KEY, redeemed int, max_usages int)", "CREATE TABLE orders (voucher_id int, customer int)")
            .Given("INSERT INTO voucher VALUES (1, 0, 1)")
            .Both(async (session, me) =>
            {
                await session.RunAsync("BEGIN");
                var left = await session.ReadAsync<bool>("SELECT redeemed < max_usages FROM voucher WHERE id = 1");
                await session.RunAsync("SELECT pg_advisory_xact_lock(4711)");
                if (!left)
                {
                    return await session.RefuseAsync("used up");
                }

                await session.RunAsync("INSERT INTO orders VALUES (1, $1)", me);
                await session.RunAsync("UPDATE voucher SET redeemed = redeemed + 1 WHERE id = 1");
                await session.RunAsync("COMMIT");
                return "ordered";
            })),

        new("shopware-lock-key-too-fine", Deceptive, 2, "shopware/shopware#18716", race => race
            .Schema("CREATE TABLE redemption (promotion_id int, code text)")
            .Both(async (session, me) =>
            {
                await session.RunAsync("BEGIN");
                await session.RunAsync("SELECT pg_advisory_xact_lock($1)", 100L + me);
                if (await session.ReadAsync<long>("SELECT count(*) FROM redemption WHERE promotion_id = 1") >= 1)
                {
                    return await session.RefuseAsync("used up");
                }

                await session.RunAsync("INSERT INTO redemption VALUES (1, $1)", me == 1 ? "AAA" : "BBB");
                await session.RunAsync("COMMIT");
                return "redeemed";
            })),

        new("eventyay-conditional-lock", Deceptive, 2, "fossasia/eventyay#1359", race => race
            .Schema("CREATE TABLE event (id int PRIMARY KEY)", "CREATE TABLE position (id serial)")
            .Given("INSERT INTO event VALUES (1)")
            .Both(async (session, me) =>
            {
                await session.RunAsync("BEGIN");
                if (me == 1)
                {
                    await session.RunAsync("SELECT id FROM event WHERE id = 1 FOR UPDATE");
                }

                if (await session.ReadAsync<long>("SELECT 1 - count(*) FROM position") <= 0)
                {
                    return await session.RefuseAsync("sold out");
                }

                await session.RunAsync("INSERT INTO position DEFAULT VALUES");
                await session.RunAsync("COMMIT");
                return "booked";
            })),
    ];
}
