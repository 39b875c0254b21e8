using System.Data;
using Tiebreak.Races.Resetting;
using Tiebreak.Races.Scheduling.Dependencies;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Tests.Scheduling;

public sealed class DependencyTests
{
    private static readonly Catalog Catalog = new(
        new Dictionary<string, CatalogTable>(StringComparer.Ordinal)
        {
            ["public.invite"] = Table("public.invite", ["id", "code", "used"], [["id"], ["code"]]),
            ["public.member"] = Table("public.member", ["id", "invite_id", "name"], [["id"], ["invite_id", "name"]], new CatalogForeignKey(["invite_id"], "public.invite", ["id"])),
            ["public.log"] = Table("public.log", ["text"], []),
            ["public.audited"] = Table("public.audited", ["id"], [["id"]]) with { HasTriggers = true },
            ["public.ticket"] = Table("public.ticket", ["id"], [["id"]]) with { GeneratedColumns = new HashSet<string>(StringComparer.Ordinal) { "id" } },
            ["public.Order"] = Table("public.Order", ["Id", "State"], [["Id"]]),
        },
        new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) { ["public.open_invite"] = ["public.invite"] },
        new HashSet<string>(StringComparer.Ordinal) { "settle" });

    private static int _lastId;

    [Theory]
    // Reads see commits, of rows that they may have.
    [InlineData("SELECT used FROM invite WHERE id = 1", "SELECT used FROM invite WHERE id = 1", false)]
    [InlineData("SELECT used FROM invite WHERE id = 1", "UPDATE invite SET used = 1 WHERE id = 1", false)]
    [InlineData("SELECT used FROM invite WHERE id = 1", "UPDATE invite SET used = 1 WHERE id = 1; COMMIT", true)]
    [InlineData("SELECT used FROM invite WHERE id = 1", "UPDATE invite SET used = 1 WHERE id = 1; ROLLBACK", false)]
    [InlineData("SELECT used FROM invite WHERE id = 2", "UPDATE invite SET used = 1 WHERE id = 1; COMMIT", false)]
    [InlineData("SELECT used FROM invite WHERE (i.id = 2) AND used < 5", "UPDATE invite SET used = 1 WHERE id = 1; COMMIT", false)]
    [InlineData("SELECT used FROM invite WHERE id = 2 OR used = 0", "UPDATE invite SET used = 1 WHERE id = 1; COMMIT", true)]
    [InlineData("SELECT used FROM invite WHERE id >= 2", "UPDATE invite SET used = 1 WHERE id = 1; COMMIT", true)]
    [InlineData("SELECT used FROM invite WHERE NOT id = 2", "UPDATE invite SET used = 1 WHERE id = 1; COMMIT", true)]
    [InlineData("SELECT count(*) FROM member JOIN invite ON true WHERE invite.id = 2", "UPDATE invite SET used = 1 WHERE id = 1; COMMIT", true)]
    [InlineData("SELECT (SELECT count(*) FROM invite) FROM log WHERE id = 2", "UPDATE invite SET used = 1 WHERE id = 1; COMMIT", true)]
    [InlineData("SELECT * FROM open_invite WHERE id = 2", "UPDATE invite SET used = 1 WHERE id = 1; COMMIT", true)]
    [InlineData("SELECT * FROM log", "UPDATE invite SET used = 1 WHERE id = 1; COMMIT", false)]
    [InlineData("SELECT \"State\" FROM \"Order\" AS o WHERE o.\"Id\" = 7", "SELECT \"State\" FROM \"Order\" AS o WHERE o.\"Id\" = 7 FOR UPDATE", false)]
    // Row locks, by the matrix of their strengths.
    [InlineData("SELECT used FROM invite WHERE id = 1 FOR UPDATE", "SELECT used FROM invite WHERE id = 1 FOR UPDATE", true)]
    [InlineData("SELECT used FROM invite WHERE id = 1 FOR UPDATE", "SELECT used FROM invite WHERE id = 2 FOR UPDATE", false)]
    [InlineData("SELECT used FROM invite WHERE id = 1 FOR SHARE", "SELECT used FROM invite WHERE id = 1 FOR SHARE", false)]
    [InlineData("SELECT used FROM invite WHERE id = 1 FOR SHARE", "UPDATE invite SET used = 1 WHERE id = 1", true)]
    [InlineData("SELECT used FROM invite WHERE id = 1 FOR KEY SHARE", "UPDATE invite SET used = 1 WHERE id = 1", false)]
    [InlineData("SELECT used FROM invite WHERE id = 1 FOR KEY SHARE", "DELETE FROM invite WHERE id = 1", true)]
    [InlineData("UPDATE invite SET used = 1 WHERE id = 1", "UPDATE invite SET used = 1 WHERE id = 1", true)]
    [InlineData("UPDATE invite SET used = 1 WHERE id = 1", "UPDATE invite SET used = 1 WHERE id = 2", false)]
    [InlineData("UPDATE invite SET used = 1 WHERE id = 1", "UPDATE invite SET used = 1 WHERE id = 1; ROLLBACK", true)]
    // Unique keys.
    [InlineData("INSERT INTO invite VALUES (7, 'a', 0)", "INSERT INTO invite VALUES (8, 'b', 0)", false)]
    [InlineData("INSERT INTO invite VALUES (7, 'a', 0)", "INSERT INTO invite VALUES (8, 'a', 0)", true)]
    [InlineData("INSERT INTO invite VALUES (7, 'a', 0)", "INSERT INTO invite VALUES (8, 'b', 0) fails", true)]
    [InlineData("INSERT INTO log VALUES ('a')", "INSERT INTO log VALUES ('a')", false)]
    // Foreign keys: an insert locks what it points to, FOR KEY SHARE.
    [InlineData("INSERT INTO member VALUES (1, 1, 'x')", "UPDATE invite SET used = 1 WHERE id = 1", false)]
    [InlineData("INSERT INTO member VALUES (1, 1, 'x')", "SELECT used FROM invite WHERE id = 1 FOR UPDATE", true)]
    [InlineData("INSERT INTO member VALUES (1, 1, 'x')", "SELECT used FROM invite WHERE id = 1 FOR NO KEY UPDATE", false)]
    [InlineData("INSERT INTO member VALUES (1, 1, 'x')", "DELETE FROM invite WHERE id = 1", true)]
    [InlineData("INSERT INTO member VALUES (1, 1, 'x')", "DELETE FROM invite WHERE id = 2", false)]
    [InlineData("INSERT INTO member VALUES (1, 7, 'x')", "INSERT INTO invite VALUES (7, 'a', 0); COMMIT", true)]
    // Advisory locks and sequences.
    [InlineData("SELECT pg_advisory_xact_lock(1)", "SELECT pg_advisory_xact_lock(1)", true)]
    [InlineData("SELECT pg_advisory_xact_lock(1)", "SELECT pg_try_advisory_xact_lock(2)", false)]
    [InlineData("SELECT pg_advisory_xact_lock_shared(1)", "SELECT pg_advisory_xact_lock_shared(1)", false)]
    [InlineData("SELECT pg_advisory_xact_lock(1)", "SELECT pg_advisory_xact_lock(1); COMMIT", true)]
    [InlineData("SELECT pg_advisory_lock(1)", "SELECT pg_advisory_unlock(1)", true)]
    [InlineData("SELECT pg_advisory_xact_lock(hashtext('a'))", "SELECT pg_advisory_xact_lock(hashtext('b'))", false)]
    [InlineData("SELECT pg_advisory_xact_lock(hashtext('a'))", "SELECT pg_advisory_xact_lock(17)", true)]
    [InlineData("SELECT pg_advisory_xact_lock(id) FROM log", "SELECT pg_advisory_xact_lock(17)", true)]
    [InlineData("SELECT nextval('s')", "SELECT nextval('s')", true)]
    [InlineData("SELECT nextval('s')", "SELECT nextval('r')", false)]
    // What is not understood depends on all that touches anything.
    [InlineData("TRUNCATE log", "SELECT used FROM invite", true)]
    [InlineData("LOCK TABLE invite", "SELECT used FROM invite", true)]
    [InlineData("SELECT settle(1)", "SELECT used FROM invite", true)]
    [InlineData("SELECT 'not closed", "SELECT used FROM invite", true)]
    [InlineData("INSERT INTO audited VALUES (1)", "SELECT used FROM invite", true)]
    [InlineData("TRUNCATE log", "SELECT 1", false)]
    [InlineData("SELECT pg_sleep(0)", "SELECT used FROM invite FOR UPDATE", false)]
    public void Steps_depend_when_their_order_can_matter(string one, string other, bool expected)
    {
        Assert.Equal(expected, Dependency.Between(Last(one, 0), Last(other, 1)));
        Assert.Equal(expected, Dependency.Between(Last(other, 1), Last(one, 0)));
    }

    [Theory]
    [InlineData(IsolationLevel.ReadCommitted, "SELECT 1", false)]
    [InlineData(IsolationLevel.RepeatableRead, "SELECT 1", true)]
    [InlineData(IsolationLevel.RepeatableRead, "SELECT 1; SELECT used FROM invite", false)]
    [InlineData(IsolationLevel.ReadCommitted, "SELECT 1; SELECT used FROM invite", true)]
    public void A_snapshot_depends_on_every_commit_and_later_reads_on_none(IsolationLevel isolation, string one, bool expected) =>
        Assert.Equal(expected, Dependency.Between(Last(one, 0, isolation), Last("UPDATE invite SET used = 1 WHERE id = 1; COMMIT", 1)));

    [Theory]
    [InlineData(IsolationLevel.RepeatableRead, false)]
    [InlineData(IsolationLevel.Serializable, true)]
    public void Serializable_watches_reads_too(IsolationLevel isolation, bool expected) =>
        Assert.Equal(expected, Dependency.Between(
            Last("SELECT 1; SELECT used FROM invite", 0, isolation), Last("SELECT 1; UPDATE invite SET used = 1 WHERE id = 1", 1, isolation)));

    [Theory]
    [InlineData("SELECT used FROM invite; COMMIT", "SELECT used FROM log", true)]
    [InlineData("SELECT used FROM invite; COMMIT", "SELECT 1; UPDATE invite SET used = 1 WHERE id = 1", true)]
    [InlineData("UPDATE invite SET used = 1 WHERE id = 1; COMMIT", "SELECT 1; SELECT used FROM invite", true)]
    [InlineData("UPDATE invite SET used = 1 WHERE id = 1; COMMIT", "SELECT text FROM log; COMMIT", true)]
    [InlineData("UPDATE invite SET used = 1 WHERE id = 1; COMMIT", "SELECT 1; SELECT text FROM log", false)]
    public void The_moment_of_a_commit_counts_among_serializable_transactions(string commit, string other, bool expected) =>
        Assert.Equal(expected, Dependency.Between(Last(commit, 0, IsolationLevel.Serializable), Last(other, 1, IsolationLevel.Serializable)));

    [Fact]
    public void A_write_to_a_row_that_its_transaction_has_locked_makes_nobody_wait_anew()
    {
        var locks = Last("SELECT used FROM invite WHERE id = 1 FOR UPDATE", 0);
        Assert.True(Dependency.Between(locks, Last("UPDATE invite SET used = 1 WHERE id = 1", 1)));
        Assert.False(Dependency.Between(locks, Last("SELECT used FROM invite WHERE id = 1 FOR UPDATE; UPDATE invite SET used = 1 WHERE id = 1", 1)));
        Assert.True(Dependency.Between(locks, Last("SELECT used FROM invite WHERE id = 2 FOR UPDATE; UPDATE invite SET used = 1 WHERE id = 1", 1)));
        Assert.False(Dependency.Between(locks, Last("UPDATE invite SET used = 1 WHERE id = 1; UPDATE invite SET used = 1 WHERE id = 1", 1)));
    }

    [Fact]
    public void Who_draws_a_generated_id_first_matters_when_somebody_looks_at_their_order()
    {
        Step[] inserts = [Step("INSERT INTO ticket", 0), Step("INSERT INTO ticket", 1)];
        var without = Footprints(IsolationLevel.ReadCommitted, [.. inserts, Step("SELECT count(*) FROM ticket", 0)]);
        Assert.False(Dependency.Between(without[0], without[1] with { Ended = [] }));
        var with = Footprints(IsolationLevel.ReadCommitted, [.. inserts, Step("SELECT * FROM ticket ORDER BY id LIMIT 1", 0)]);
        Assert.True(Dependency.Between(with[0], with[1] with { Ended = [] }));
    }

    [Fact]
    public void A_transaction_may_choose_its_own_level()
    {
        var read = Step("SELECT 1", 0) with { Isolation = IsolationLevel.RepeatableRead };
        Assert.True(Footprints(IsolationLevel.ReadCommitted, [read, Step("COMMIT", 0)])[0].TakesSnapshot);
    }

    [Fact]
    public void A_parameter_narrows_as_a_literal_does_and_an_unknown_one_does_not()
    {
        var write = Last("UPDATE invite SET used = 1 WHERE id = 1; COMMIT", 1);
        Assert.False(Dependency.Between(Read("2"), write));
        Assert.True(Dependency.Between(Read("1"), write));
        Assert.True(Dependency.Between(Read(null), write));

        static Footprint Read(string? parameter) =>
            Footprints(IsolationLevel.ReadCommitted, [new Step { Actor = 0, Kind = StepKind.Statement, Sql = "SELECT used FROM invite WHERE id = $1", Parameters = [parameter], Tag = "SELECT 1" }])[^1];
    }

    /// <summary>The footprint of the last of some statements in one transaction.</summary>
    private static Footprint Last(string sql, int actor, IsolationLevel isolation = IsolationLevel.ReadCommitted)
    {
        // A transaction that goes on, so that the last statement is not taken for its end.
        var steps = sql.Split("; ").Select(text => Step(text, actor)).ToList();
        return Footprints(isolation, [.. steps, Step("COMMIT", actor)])[steps.Count - 1];
    }

    private static IReadOnlyList<Footprint> Footprints(IsolationLevel isolation, IReadOnlyList<Step> steps) =>
        new TraceFootprints(Catalog, [isolation, isolation]).Of(
            new Trace(new Schedule(string.Concat(steps.Select(step => Schedule.LetterOf(step.Actor)))), steps, []));

    private static Step Step(string sql, int actor)
    {
        var fails = sql.EndsWith(" fails", StringComparison.Ordinal);
        var text = fails ? sql[..^6] : sql;
        return new Step
        {
            Actor = actor,
            Kind = text switch { "COMMIT" => StepKind.Commit, "ROLLBACK" => StepKind.Rollback, _ => StepKind.Statement },
            Sql = text,
            Tag = fails ? null : text.Split(' ')[0] + " 1",
            SqlState = fails ? "23505" : null,
            Changes = fails ? [] : Changes(text),
        };
    }

    private static IReadOnlyList<RowChange> Changes(string sql)
    {
        var words = sql.Split([' ', '(', ')', ',', '\''], StringSplitOptions.RemoveEmptyEntries);
        var invite = $$"""{"id":{{words[^1]}},"code":"c{{words[^1]}}","used":0}""";
        return (words[0], words.ElementAtOrDefault(2)) switch
        {
            ("UPDATE", _) => [new RowChange("public.invite", invite, invite.Replace("\"used\":0", "\"used\":1", StringComparison.Ordinal))],
            ("DELETE", _) => [new RowChange("public.invite", invite, null)],
            ("INSERT", "invite") => [new RowChange("public.invite", null, $$"""{"id":{{words[4]}},"code":"{{words[5]}}","used":0}""")],
            ("INSERT", "member") => [new RowChange("public.member", null, $$"""{"id":{{words[4]}},"invite_id":{{words[5]}},"name":"{{words[6]}}"}""")],
            ("INSERT", "log") => [new RowChange("public.log", null, """{"text":"a"}""")],
            ("INSERT", "ticket") => [new RowChange("public.ticket", null, $$"""{"id":{{Interlocked.Increment(ref _lastId)}}}""")],
            ("INSERT", "audited") => [new RowChange("public.audited", null, """{"id":1}""")],
            _ => [],
        };
    }

    private static CatalogTable Table(string name, string[] columns, string[][] keys, params CatalogForeignKey[] foreignKeys) =>
        new(name, columns, keys, foreignKeys, HasTriggers: false, new HashSet<string>(StringComparer.Ordinal));
}
