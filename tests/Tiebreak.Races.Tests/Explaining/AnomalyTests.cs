using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Tests.Explaining;

/// <summary>The classes of real races, each as a short run and the name that it must be given.</summary>
public sealed class AnomalyTests
{
    [Theory]
    [InlineData("a voucher used beyond its limit", Anomaly.LostUpdate, "0 5", """
        a: SELECT used, usage_limit FROM voucher WHERE id = 1
        b: SELECT used, usage_limit FROM voucher WHERE id = 1
        a: INSERT INTO orders (voucher_id) VALUES (1) => orders -> {"order_id":1,"voucher_id":1}
        b: INSERT INTO orders (voucher_id) VALUES (1) => orders -> {"order_id":2,"voucher_id":1}
        b: SELECT 1
        b: UPDATE voucher SET used = used + 1 WHERE id = 1 => voucher {"id":1,"used":0} -> {"id":1,"used":1}
        b: COMMIT
        a: UPDATE voucher SET used = used + 1 WHERE id = 1 => voucher {"id":1,"used":1} -> {"id":1,"used":2}
        a: COMMIT
        """)]
    [InlineData("a counter read before the other's change of it, beside rows of his that came after the end", Anomaly.LostUpdate, "1 3", """
        a: SELECT used FROM voucher WHERE id = 1
        b: SELECT used FROM voucher WHERE id = 1
        a: INSERT INTO orders (voucher_id) VALUES (1) => orders -> {"order_id":1,"voucher_id":1}
        a: UPDATE voucher SET used = (SELECT count(*) FROM orders WHERE voucher_id = 1) WHERE id = 1 => voucher {"id":1,"used":0} -> {"id":1,"used":1}
        a: COMMIT
        b: INSERT INTO orders (voucher_id) VALUES (1) => orders -> {"order_id":2,"voucher_id":1}
        b: UPDATE voucher SET used = (SELECT count(*) FROM orders WHERE voucher_id = 1) WHERE id = 1 => voucher {"id":1,"used":1} -> {"id":1,"used":2}
        b: COMMIT
        """)]
    [InlineData("a whole row saved by an object mapper", Anomaly.LostUpdate, "1 2", """
        a: SELECT * FROM stockrecord WHERE id = 1
        b: SELECT * FROM stockrecord WHERE id = 1
        a: UPDATE stockrecord SET num_in_stock = 10, num_allocated = 1 WHERE id = 1 => stockrecord {"id":1,"num_allocated":0} -> {"id":1,"num_allocated":1}
        b: UPDATE stockrecord SET num_in_stock = 10, num_allocated = 1 WHERE id = 1 => stockrecord {"id":1,"num_allocated":1} -> {"id":1,"num_allocated":1} | waits a until 4
        a: COMMIT
        b: COMMIT
        """)]
    [InlineData("a version checked in a query of its own", Anomaly.LostUpdate, "1 2", """
        a*: SELECT id FROM seat WHERE id = 1 AND version = 7
        b*: SELECT id FROM seat WHERE id = 1 AND version = 7
        a: UPDATE seat SET claimed_by = 1, version = version + 1 WHERE id IN (1) => seat {"id":1,"claimed_by":null,"version":7} -> {"id":1,"claimed_by":1,"version":8}
        a: COMMIT
        b: UPDATE seat SET claimed_by = 2, version = version + 1 WHERE id IN (1) => seat {"id":1,"claimed_by":1,"version":8} -> {"id":1,"claimed_by":2,"version":9}
        b: COMMIT
        """)]
    [InlineData("stock locked, and not looked at again", Anomaly.CheckThenActAcrossTransactions, "1 6", """
        a*: SELECT on_hand - allocated FROM stock WHERE id = 1
        b*: SELECT on_hand - allocated FROM stock WHERE id = 1
        a: SELECT * FROM stock WHERE id = 1 FOR UPDATE
        a: UPDATE stock SET allocated = allocated + 1 WHERE id = 1 => stock {"id":1,"allocated":0} -> {"id":1,"allocated":1}
        a: COMMIT
        b: SELECT * FROM stock WHERE id = 1 FOR UPDATE
        b: UPDATE stock SET allocated = allocated + 1 WHERE id = 1 => stock {"id":1,"allocated":1} -> {"id":1,"allocated":2}
        b: COMMIT
        """)]
    [InlineData("a guarded update whose row count is not looked at", Anomaly.CheckThenActAcrossTransactions, "1 5", """
        a*: SELECT total_use < usage_limit FROM discount WHERE id = 1
        b*: SELECT total_use < usage_limit FROM discount WHERE id = 1
        a: INSERT INTO orders (voucher_id) VALUES (1) => orders -> {"order_id":1}
        a: UPDATE discount SET total_use = total_use + 1 WHERE id = 1 AND total_use < usage_limit => discount {"id":1,"total_use":0} -> {"id":1,"total_use":1}
        a: COMMIT
        b: INSERT INTO orders (voucher_id) VALUES (1) => orders -> {"order_id":2}
        b: UPDATE discount SET total_use = total_use + 1 WHERE id = 1 AND total_use < usage_limit
        b: COMMIT
        """)]
    [InlineData("a lock taken after the value was read", Anomaly.LockAfterRead, "1 5", """
        a: SELECT used, usage_limit FROM voucher WHERE id = 1
        b: SELECT used, usage_limit FROM voucher WHERE id = 1
        a: SELECT pg_advisory_xact_lock(1)
        a: UPDATE voucher SET used = used + 1 WHERE id = 1 => voucher {"id":1,"used":0} -> {"id":1,"used":1}
        a: COMMIT
        b: SELECT pg_advisory_xact_lock(1)
        b: UPDATE voucher SET used = used + 1 WHERE id = 1 => voucher {"id":1,"used":1} -> {"id":1,"used":2}
        b: COMMIT
        """)]
    [InlineData("bookings that overlap", Anomaly.Phantom, "1 2", """
        a: SELECT booking_id FROM booking WHERE room = 1 AND span && '[10,20)'
        b: SELECT booking_id FROM booking WHERE room = 1 AND span && '[10,20)'
        a: INSERT INTO booking VALUES (1, 1, '[10,20)') => booking -> {"booking_id":1,"room":1,"span":"[10,20)"}
        b: INSERT INTO booking VALUES (2, 1, '[10,20)') => booking -> {"booking_id":2,"room":1,"span":"[10,20)"}
        a: COMMIT
        b: COMMIT
        """)]
    [InlineData("claims counted outside a transaction", Anomaly.Phantom, "1 2", """
        a*: SELECT count(*) FROM coupon_user WHERE coupon_id = 1 AND user_id = 7
        b*: SELECT count(*) FROM coupon_user WHERE coupon_id = 1 AND user_id = 7
        a: INSERT INTO coupon_user VALUES (1, 7) => coupon_user -> {"coupon_id":1,"user_id":7}
        b: INSERT INTO coupon_user VALUES (1, 7) => coupon_user -> {"coupon_id":1,"user_id":7}
        a: COMMIT
        b: COMMIT
        """)]
    [InlineData("lock and sum in one statement", Anomaly.Phantom, "1 2", """
        a: SELECT sum(quantity) FROM allocation WHERE stock_id IN (SELECT id FROM stock WHERE id = 1 FOR UPDATE)
        b: SELECT sum(quantity) FROM allocation WHERE stock_id IN (SELECT id FROM stock WHERE id = 1 FOR UPDATE) | waits a until 3
        a: INSERT INTO allocation VALUES (1, 1) => allocation -> {"stock_id":1,"quantity":1}
        a: COMMIT
        b: INSERT INTO allocation VALUES (1, 1) => allocation -> {"stock_id":1,"quantity":1}
        b: COMMIT
        """)]
    [InlineData("children deleted before the parent's lock is waited for", Anomaly.Phantom, "1 2", """
        a: SELECT id FROM rate_category WHERE id = 1 FOR UPDATE
        b: DELETE FROM prc WHERE cat IN (SELECT cat FROM prc WHERE cat = 1)
        a: INSERT INTO prc VALUES (1) => prc -> {"cat":1}
        b: DELETE FROM rate_category WHERE id = 1 => rate_category {"id":1} -> | waits a until 4
        a: COMMIT
        b: COMMIT
        """)]
    [InlineData("numbers counted up", Anomaly.DoubleInsert, "2 3", """
        a: SELECT max(number) FROM invoice
        b: SELECT max(number) FROM invoice
        a: INSERT INTO invoice VALUES (11) => invoice -> {"number":11}
        b: INSERT INTO invoice VALUES (11) => invoice -> {"number":11}
        a: COMMIT
        b: COMMIT
        """)]
    [InlineData("a lock on a row that is not there", Anomaly.DoubleInsert, "2 3", """
        a: SELECT entry_id FROM docket_entry WHERE docket_id = 1 AND number = 99 FOR UPDATE
        b: SELECT entry_id FROM docket_entry WHERE docket_id = 1 AND number = 99 FOR UPDATE
        a: INSERT INTO docket_entry (docket_id, number) VALUES (1, 99) => docket_entry -> {"entry_id":1,"docket_id":1,"number":99}
        b: INSERT INTO docket_entry (docket_id, number) VALUES (1, 99) => docket_entry -> {"entry_id":2,"docket_id":1,"number":99}
        a: COMMIT
        b: COMMIT
        """)]
    [InlineData("an insert that a unique key refuses", Anomaly.DoubleInsert, "0 1", """
        a: INSERT INTO docket_entry (docket_id, number) VALUES (1, 99) => docket_entry -> {"entry_id":1,"docket_id":1,"number":99}
        b: INSERT INTO docket_entry (docket_id, number) VALUES (1, 99) | waits a until 2 | fails 23505
        a: COMMIT
        b: ROLLBACK
        """)]
    [InlineData("an insert with its check in the same statement", Anomaly.StatementOverlap, "0 1", """
        a: INSERT INTO reserved SELECT 1, 1, 1 WHERE NOT EXISTS (SELECT 1 FROM reserved WHERE product_id = 1) => reserved -> {"order_id":1,"product_id":1,"qty":1}
        b: INSERT INTO reserved SELECT 2, 1, 1 WHERE NOT EXISTS (SELECT 1 FROM reserved WHERE product_id = 1) => reserved -> {"order_id":2,"product_id":1,"qty":1}
        a: COMMIT
        b: COMMIT
        """)]
    [InlineData("the last two administrators", Anomaly.WriteSkew, "0 1", """
        a*: SELECT count(*) FROM member WHERE org = 1 AND role = 'admin'
        b*: SELECT count(*) FROM member WHERE org = 1 AND role = 'admin'
        a: UPDATE member SET role = 'member' WHERE id = 1 => member {"id":1,"org":1,"role":"admin"} -> {"id":1,"org":1,"role":"member"}
        b: UPDATE member SET role = 'member' WHERE id = 2 => member {"id":2,"org":1,"role":"admin"} -> {"id":2,"org":1,"role":"member"}
        a: COMMIT
        b: COMMIT
        """)]
    [InlineData("a count that leaves out what others hold", Anomaly.WriteSkew, "2 3", """
        a: UPDATE purchase SET status = 'processing' WHERE id = 1 => purchase {"id":1,"item_id":1,"status":"pending"} -> {"id":1,"item_id":1,"status":"processing"}
        b: UPDATE purchase SET status = 'processing' WHERE id = 2 => purchase {"id":2,"item_id":1,"status":"pending"} -> {"id":2,"item_id":1,"status":"processing"}
        a: SELECT count(*) FROM (SELECT 1 FROM purchase WHERE item_id = 1 AND status IN ('processing', 'completed') FOR UPDATE SKIP LOCKED) x
        b: SELECT count(*) FROM (SELECT 1 FROM purchase WHERE item_id = 1 AND status IN ('processing', 'completed') FOR UPDATE SKIP LOCKED) x
        a: UPDATE purchase SET status = 'completed' WHERE id = 1 => purchase {"id":1,"item_id":1,"status":"processing"} -> {"id":1,"item_id":1,"status":"completed"}
        b: UPDATE purchase SET status = 'completed' WHERE id = 2 => purchase {"id":2,"item_id":1,"status":"processing"} -> {"id":2,"item_id":1,"status":"completed"}
        a: COMMIT
        b: COMMIT
        """)]
    [InlineData("a report that saw half of a transfer", Anomaly.ReadSkew, "0 1", """
        a: SELECT balance FROM account WHERE id = 1
        b: UPDATE account SET balance = 50 WHERE id = 1 => account {"id":1,"balance":100} -> {"id":1,"balance":50}
        b: UPDATE account SET balance = 150 WHERE id = 2 => account {"id":2,"balance":100} -> {"id":2,"balance":150}
        b: COMMIT
        a: SELECT balance FROM account WHERE id = 2
        a: COMMIT
        """)]
    public void A_race_is_given_its_name(string what, Anomaly anomaly, string culprits, string history)
    {
        var named = HistoryLanguage.Named(history);

        Assert.True(named.Anomaly == anomaly, $"{what}: {named.Anomaly}, {string.Join(' ', named.Culprits)}: {named.Explanation}");
        Assert.Equal(culprits, string.Join(' ', named.Culprits));
        Assert.Contains("bob", named.Explanation, StringComparison.Ordinal);
    }
}
