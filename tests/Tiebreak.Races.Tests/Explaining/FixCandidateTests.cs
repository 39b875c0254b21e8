using System.Data;
using Tiebreak.Races.Explaining;

namespace Tiebreak.Races.Tests.Explaining;

public sealed class FixCandidateTests
{
    private static readonly string[] Names = ["alice", "bob"];

    [Fact]
    public void A_read_in_a_transaction_is_locked_first_and_the_level_raised_last()
    {
        var fixes = Of("""
            a: SELECT used FROM voucher WHERE id = 1
            b: SELECT used FROM voucher WHERE id = 1
            a: UPDATE voucher SET used = 1 WHERE id = 1 => voucher {"id":1,"used":0} -> {"id":1,"used":1}
            a: COMMIT
            b: UPDATE voucher SET used = 1 WHERE id = 1 => voucher {"id":1,"used":1} -> {"id":1,"used":1}
            b: COMMIT
            """);

        Assert.Equal(
            [
                "alice and bob: SELECT used FROM voucher WHERE id = 1 FOR UPDATE",
                "REPEATABLE READ, and run an actor again that ends in 40001",
                "SERIALIZABLE, and run an actor again that ends in 40001",
            ],
            fixes.Select(fix => fix.What));
        Assert.Equal("SELECT used FROM voucher WHERE id = 2 FOR UPDATE", fixes[0].Rewrites[1]("SELECT used FROM voucher WHERE id = 2"));
        Assert.Equal("SELECT 1", fixes[0].Rewrites[0]("SELECT 1"));
        Assert.Equal((IsolationLevel.RepeatableRead, 3), (fixes[1].Isolation!.Value, fixes[1].Retries));
    }

    [Fact]
    public void Statements_outside_transactions_are_tried_in_one_as_well()
    {
        var fixes = Of("""
            a*: SELECT id FROM seat WHERE id = 1 AND version = 7
            b*: SELECT id FROM seat WHERE id = 1 AND version = 7
            a: UPDATE seat SET claimed_by = 1 WHERE id = 1 => seat {"id":1,"claimed_by":null} -> {"id":1,"claimed_by":1}
            a: COMMIT
            b: UPDATE seat SET claimed_by = 2 WHERE id = 1 => seat {"id":1,"claimed_by":1} -> {"id":1,"claimed_by":2}
            b: COMMIT
            """);

        Assert.Equal("alice and bob: one transaction around all statements", fixes[1].What);
        Assert.Equal("alice and bob: one transaction around all statements, and alice and bob: SELECT id FROM seat WHERE id = 1 AND version = 7 FOR UPDATE", fixes[2].What);
        Assert.Equal([0, 1], fixes[2].OneTransaction.Order());
        Assert.Equal(2, fixes[2].Rewrites.Count);
        Assert.All(fixes.Skip(3), fix => Assert.Equal([0, 1], fix.OneTransaction.Order()));
    }

    [Fact]
    public void Rows_inserted_twice_get_a_unique_index_on_what_was_looked_for()
    {
        var fixes = Of("""
            a: SELECT entry_id FROM docket_entry WHERE docket_id = 1 AND number = 99
            b: SELECT entry_id FROM docket_entry WHERE docket_id = 1 AND number = 99
            a: INSERT INTO docket_entry (docket_id, number) VALUES (1, 99) => docket_entry -> {"entry_id":1,"docket_id":1,"number":99}
            b: INSERT INTO docket_entry (docket_id, number) VALUES (1, 99) => docket_entry -> {"entry_id":2,"docket_id":1,"number":99}
            a: COMMIT
            b: COMMIT
            """);

        var unique = Assert.Single(fixes, fix => fix.Schema is not null);
        Assert.Equal("a unique index on docket_entry (docket_id, number)", unique.What);
        Assert.Equal("CREATE UNIQUE INDEX ON \"public\".\"docket_entry\" (\"docket_id\", \"number\")", unique.Schema);
    }

    [Fact]
    public void A_sum_cannot_be_locked_and_the_level_is_raised_instead()
    {
        var fixes = Of("""
            a: SELECT count(*) FROM member WHERE org = 1
            b: SELECT count(*) FROM member WHERE org = 1
            a: UPDATE member SET role = 'x' WHERE id = 1 => member {"id":1,"org":1} -> {"id":1,"org":1}
            b: UPDATE member SET role = 'x' WHERE id = 2 => member {"id":2,"org":1} -> {"id":2,"org":1}
            a: COMMIT
            b: COMMIT
            """);

        Assert.Equal([IsolationLevel.RepeatableRead, IsolationLevel.Serializable], fixes.Select(fix => fix.Isolation!.Value));
    }

    [Fact]
    public void Each_lock_of_each_actor_is_found_once()
    {
        var run = HistoryLanguage.Run("""
            a: SELECT pg_advisory_xact_lock(7)
            a: SELECT used FROM voucher WHERE id = 1 FOR UPDATE
            b: SELECT used FROM voucher WHERE id = 2 FOR UPDATE
            a: LOCK TABLE orders IN EXCLUSIVE MODE
            a: SELECT used FROM voucher WHERE id = 2 FOR UPDATE
            a: COMMIT
            b: COMMIT
            """);

        var removals = LockRemovals.Of([run.Trace, run.Trace]);

        Assert.Equal(
            ["0 SELECT pg_advisory_xact_lock(7)", "0 SELECT used FROM voucher WHERE id = 1 FOR UPDATE", "0 LOCK TABLE orders IN EXCLUSIVE MODE", "1 SELECT used FROM voucher WHERE id = 2 FOR UPDATE"],
            removals.Select(removal => $"{removal.Actor} {removal.Sql}"));
        Assert.Equal("SELECT used FROM voucher WHERE id = 9", removals[1].Rewrite("SELECT used FROM voucher WHERE id = 9 FOR UPDATE"));
        Assert.Equal("SELECT pg_advisory_xact_lock(7)", removals[1].Rewrite("SELECT pg_advisory_xact_lock(7)"));
    }

    private static IReadOnlyList<FixCandidate> Of(string history) =>
        [.. FixCandidates.Of(HistoryLanguage.Run(history), [], HistoryLanguage.Catalog, IsolationLevel.ReadCommitted, Names).Where(fix => fix.First.Count == 0)];
}
