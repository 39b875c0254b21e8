using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Tests.Corpus;

/// <summary>Which fixes hold and which do not, for races whose answer is well known.</summary>
public sealed class CorpusFixTests
{
    [Theory]
    [InlineData("saleor-voucher-limit", "FOR UPDATE", Verdict.Holds)]
    [InlineData("saleor-voucher-limit", "SERIALIZABLE", Verdict.Holds)]
    [InlineData("oscar-stockrecord-save", "FOR UPDATE", Verdict.Holds)]
    [InlineData("hyperswitch-refund-sum", "REPEATABLE READ", Verdict.Broken)]
    [InlineData("hyperswitch-refund-sum", "SERIALIZABLE", Verdict.Holds)]
    [InlineData("refund-repeatable-read", "SERIALIZABLE", Verdict.Holds)]
    [InlineData("bettervoting-unique-on-random-id", "a unique index on roll (ip_hash)", Verdict.Holds)]
    [InlineData("bettervoting-unique-on-random-id", "FOR UPDATE", Verdict.Broken)]
    public async Task Fix_is_told_with_what_came_of_it(string name, string what, Verdict verdict)
    {
        var report = await CorpusEntries.Race(name).Budget(TimeSpan.FromSeconds(30)).ExploreAsync(TestContext.Current.CancellationToken);
        var fixes = report.Findings[0].Fixes;
        var fix = fixes.Where(fix => fix.What.Contains(what, StringComparison.Ordinal)).MinBy(fix => fix.What.Length);
        Assert.True(fix is not null, string.Join(Environment.NewLine, fixes));
        Assert.True(fix.Verdict == verdict && fix.Exhausted, fix.ToString());
        Assert.Equal(verdict is Verdict.Broken, fix.BadSchedules > 0);
    }

    [Fact]
    public async Task An_index_that_forbids_what_is_allowed_one_at_a_time_is_no_fix()
    {
        var report = await Race.OnPrivatePostgres()
            .Schema("CREATE TABLE voucher (id int PRIMARY KEY, used int); CREATE TABLE orders (id serial PRIMARY KEY, voucher_id int)")
            .Given("INSERT INTO voucher VALUES (1, 0)")
            .Both(async (session, _) =>
            {
                await session.RunAsync("BEGIN");
                var used = await session.ReadAsync<int>("SELECT used FROM voucher WHERE id = 1");
                await session.RunAsync("INSERT INTO orders (voucher_id) VALUES (1)");
                await session.RunAsync("UPDATE voucher SET used = (SELECT count(*) FROM orders WHERE voucher_id = 1) WHERE id = 1");
                await session.RunAsync("COMMIT");
                return $"saw {used}";
            })
            .ExploreAsync(TestContext.Current.CancellationToken);

        Assert.Equal(Verdict.Broken, report.Verdict);
        Assert.All(report.Findings, finding => Assert.Contains(finding.Fixes, fix => fix.Verdict is Verdict.Holds));
        Assert.DoesNotContain(report.Findings.SelectMany(finding => finding.Fixes), fix => fix.What.Contains("unique index", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_lock_in_front_of_a_guarded_update_is_redundant_and_one_that_is_needed_is_not()
    {
        static Race Uses(string read, string write) => Race.OnPrivatePostgres()
            .Schema("CREATE TABLE voucher (id int PRIMARY KEY, used int, usage_limit int)")
            .Given("INSERT INTO voucher VALUES (1, 0, 1)")
            .Both(async (session, _) =>
            {
                await session.RunAsync("BEGIN");
                if (!await session.ReadAsync<bool>(read) || await session.RunAsync(write) == 0)
                {
                    return await session.RefuseAsync("used up");
                }

                await session.RunAsync("COMMIT");
                return "used";
            });

        const string Locking = "SELECT used < usage_limit FROM voucher WHERE id = 1 FOR UPDATE";
        var guarded = await Uses(Locking, "UPDATE voucher SET used = used + 1 WHERE id = 1 AND used < usage_limit").ExploreAsync(TestContext.Current.CancellationToken);
        Assert.Equal(Verdict.Holds, guarded.Verdict);
        Assert.Equal(["alice", "bob"], guarded.RedundantLocks.Select(found => found.Actor));
        Assert.All(guarded.RedundantLocks, found => Assert.Equal(Locking, found.Sql));

        var needed = await Uses(Locking, "UPDATE voucher SET used = used + 1 WHERE id = 1").ExploreAsync(TestContext.Current.CancellationToken);
        Assert.Equal(Verdict.Holds, needed.Verdict);
        Assert.Empty(needed.RedundantLocks);
    }

    [Fact]
    public async Task A_budget_that_ends_is_unknown_and_says_how_far_it_came()
    {
        var report = await CorpusEntries.Race("clean-exclusion").TryFixes(false).Budget(TimeSpan.FromMilliseconds(50)).ExploreAsync(TestContext.Current.CancellationToken);
        Assert.Equal((Verdict.Unknown, false), (report.Verdict, report.Exhausted));
        Assert.NotNull(report.Bound);
        Assert.Contains("budget ended", report.Reason, StringComparison.Ordinal);
        Assert.Contains("UNKNOWN: The budget ended", report.ToText(), StringComparison.Ordinal);
        Assert.Throws<RaceFoundException>(report.ThrowUnlessHolds);
    }
}
