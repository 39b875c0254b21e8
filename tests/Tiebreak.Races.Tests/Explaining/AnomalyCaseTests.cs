using System.Data;
using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Tests.Explaining;

/// <summary>Runs at the edges of what a name means.</summary>
public sealed class AnomalyCaseTests
{
    [Fact]
    public void A_snapshot_from_before_the_advisory_lock_is_a_phantom_that_says_so()
    {
        var named = HistoryLanguage.Named("""
            a: SELECT pg_advisory_xact_lock(1)
            b: SELECT pg_advisory_xact_lock(1) | waits a until 4
            a: SELECT count(*) FROM orders WHERE voucher_id = 1
            a: INSERT INTO orders VALUES (1, 1) => orders -> {"order_id":1,"voucher_id":1}
            a: COMMIT
            b: SELECT count(*) FROM orders WHERE voucher_id = 1
            b: INSERT INTO orders VALUES (2, 1) => orders -> {"order_id":2,"voucher_id":1}
            b: COMMIT
            """, IsolationLevel.RepeatableRead);

        Assert.Equal(Anomaly.Phantom, named.Anomaly);
        Assert.Contains("snapshot from before it had its lock", named.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_statements_at_read_committed_are_no_cycle()
    {
        var named = HistoryLanguage.Named("""
            a: SELECT pg_advisory_xact_lock(1)
            b: SELECT pg_advisory_xact_lock(1) | waits a until 4
            a: SELECT count(*) FROM orders WHERE voucher_id = 1
            a: INSERT INTO orders VALUES (1, 1) => orders -> {"order_id":1,"voucher_id":1}
            a: COMMIT
            b: SELECT count(*) FROM orders WHERE voucher_id = 1
            b: INSERT INTO orders VALUES (2, 1) => orders -> {"order_id":2,"voucher_id":1}
            b: COMMIT
            """);

        Assert.Equal(Anomaly.Unnamed, named.Anomaly);
        Assert.Empty(named.Culprits);
    }

    [Fact]
    public void A_report_that_only_three_together_spoil_is_a_write_skew()
    {
        var named = HistoryLanguage.Named("""
            a: SELECT batch FROM control
            b: UPDATE control SET batch = batch + 1 => control {"batch":1} -> {"batch":2}
            b: COMMIT
            c: SELECT batch FROM control
            c: SELECT sum(amt) FROM receipt WHERE batch = 1
            c: COMMIT
            a: INSERT INTO receipt VALUES (1, 10) => receipt -> {"batch":1,"amt":10}
            a: COMMIT
            """, IsolationLevel.RepeatableRead);

        Assert.Equal(Anomaly.WriteSkew, named.Anomaly);
        Assert.Equal([0, 4], named.Culprits);
        Assert.Contains("carol", named.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void Inserts_that_each_would_refuse_are_a_write_skew_under_snapshots()
    {
        const string History = """
            a: SELECT count(*) FROM orders WHERE voucher_id = 1
            b: SELECT count(*) FROM orders WHERE voucher_id = 1
            a: INSERT INTO orders VALUES (1, 1) => orders -> {"order_id":1,"voucher_id":1}
            b: INSERT INTO orders VALUES (2, 1) => orders -> {"order_id":2,"voucher_id":1}
            a: COMMIT
            b: COMMIT
            """;

        Assert.Equal(Anomaly.WriteSkew, HistoryLanguage.Named(History, IsolationLevel.RepeatableRead).Anomaly);
        Assert.Equal(Anomaly.Phantom, HistoryLanguage.Named(History).Anomaly);
    }

    [Fact]
    public void Rows_that_appear_after_they_were_deleted_are_a_phantom()
    {
        var named = HistoryLanguage.Named("""
            a: SELECT id FROM rate_category WHERE id = 1 FOR UPDATE
            b: DELETE FROM prc WHERE cat = 1
            a: INSERT INTO prc VALUES (1) => prc -> {"cat":1}
            a: COMMIT
            b: DELETE FROM rate_category WHERE id = 1 => rate_category {"id":1} ->
            b: COMMIT
            """);

        Assert.Equal(Anomaly.Phantom, named.Anomaly);
        Assert.Equal([1, 2], named.Culprits);
        Assert.Equal("bob looked at prc before alice's row was committed, and went on as if it were not there.", named.Explanation);
    }

    [Fact]
    public void A_deadlock_that_was_seen_late_shows_what_the_other_had_sent_last()
    {
        var named = HistoryLanguage.Named("""
            a: UPDATE account SET balance = 1 WHERE id = 1 => account {"id":1,"balance":0} -> {"id":1,"balance":1}
            b: UPDATE account SET balance = 1 WHERE id = 2 => account {"id":2,"balance":0} -> {"id":2,"balance":1}
            a: UPDATE account SET balance = 1 WHERE id = 2 | waits b | fails 40P01
            b: UPDATE account SET balance = 1 WHERE id = 1 => account {"id":1,"balance":0} -> {"id":1,"balance":1}
            a: ROLLBACK
            b: UPDATE account SET balance = 2 WHERE id = 1 => account {"id":1,"balance":1} -> {"id":1,"balance":2}
            b: COMMIT
            """, deadlock: [0, 1]);

        Assert.Equal([2, 3], named.Culprits);
    }

    [Fact]
    public void A_deadlock_names_who_waits_for_whom()
    {
        var named = HistoryLanguage.Named("""
            a: UPDATE account SET balance = 1 WHERE id = 1 => account {"id":1,"balance":0} -> {"id":1,"balance":1}
            b: UPDATE account SET balance = 1 WHERE id = 2 => account {"id":2,"balance":0} -> {"id":2,"balance":1}
            a: UPDATE account SET balance = 1 WHERE id = 2 | waits b | fails 40P01
            b: UPDATE account SET balance = 1 WHERE id = 1 => account {"id":1,"balance":0} -> {"id":1,"balance":1} | waits a until 2
            b: COMMIT
            a: ROLLBACK
            """, deadlock: [0, 1]);

        Assert.Equal(Anomaly.Deadlock, named.Anomaly);
        Assert.Equal([2, 3], named.Culprits);
        Assert.StartsWith("alice waits for bob and bob waits for alice", named.Explanation, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_deadlock_of_which_little_was_seen_names_nobody_as_waiting_for_oneself(int known)
    {
        var named = HistoryLanguage.Named("""
            a: UPDATE account SET balance = 1 WHERE id = 1 => account {"id":1,"balance":0} -> {"id":1,"balance":1}
            b: UPDATE account SET balance = 1 WHERE id = 2 => account {"id":2,"balance":0} -> {"id":2,"balance":1}
            b: UPDATE account SET balance = 1 WHERE id = 1 | fails 40P01
            a: UPDATE account SET balance = 1 WHERE id = 2 => account {"id":2,"balance":0} -> {"id":2,"balance":1}
            a: COMMIT
            b: ROLLBACK
            """, deadlock: [.. Enumerable.Repeat(1, known)]);

        Assert.Equal(Anomaly.Deadlock, named.Anomaly);
        Assert.Equal([2], named.Culprits);
        Assert.StartsWith("bob and others waited for each other in a circle", named.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void A_deadlock_of_three_names_them_in_order()
    {
        var named = HistoryLanguage.Named("""
            a: UPDATE account SET balance = 1 WHERE id = 1 => account {"id":1,"balance":0} -> {"id":1,"balance":1}
            b: UPDATE account SET balance = 1 WHERE id = 2 => account {"id":2,"balance":0} -> {"id":2,"balance":1}
            c: UPDATE account SET balance = 1 WHERE id = 3 => account {"id":3,"balance":0} -> {"id":3,"balance":1}
            a: UPDATE account SET balance = 1 WHERE id = 2 | waits b
            b: UPDATE account SET balance = 1 WHERE id = 3 | waits c
            c: UPDATE account SET balance = 1 WHERE id = 1 | fails 40P01
            c: ROLLBACK
            """, deadlock: [2, 0, 1]);

        Assert.Equal(Anomaly.Deadlock, named.Anomaly);
        Assert.StartsWith("carol waits for alice, alice waits for bob and bob waits for carol", named.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void A_view_is_read_as_its_tables_and_a_function_in_FROM_as_none()
    {
        var named = HistoryLanguage.Named("""
            a: SELECT v.used FROM open_voucher v, generate_series(1, 3) g WHERE extract(year FROM now()) > 2000
            b: SELECT v.used FROM open_voucher v, generate_series(1, 3) g WHERE extract(year FROM now()) > 2000
            a: UPDATE voucher SET used = 1 WHERE id = 1 => voucher {"id":1,"used":0} -> {"id":1,"used":1}
            a: COMMIT
            b: UPDATE voucher SET used = 1 WHERE id = 1 => voucher {"id":1,"used":1} -> {"id":1,"used":1}
            b: COMMIT
            """);

        Assert.Equal(Anomaly.LostUpdate, named.Anomaly);
    }

    [Fact]
    public void Another_row_of_the_same_table_is_no_conflict()
    {
        var named = HistoryLanguage.Named("""
            a: SELECT used FROM voucher AS v WHERE (v.id = 1 AND (v."used" = 0))
            b: UPDATE voucher SET used = 1 WHERE id = 2 => voucher {"id":2,"used":0} -> {"id":2,"used":1}
            b: COMMIT
            a: UPDATE voucher SET used = 1 WHERE id = 2 => voucher {"id":2,"used":1} -> {"id":2,"used":1}
            a: COMMIT
            """);

        Assert.Equal(Anomaly.Unnamed, named.Anomaly);
    }
}
