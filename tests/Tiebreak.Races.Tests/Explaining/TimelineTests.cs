using Tiebreak.Races.Explaining;

namespace Tiebreak.Races.Tests.Explaining;

public sealed class TimelineTests
{
    private static readonly string[] Names = ["alice", "bob"];

    [Fact]
    public void A_statement_that_waited_goes_on_behind_the_step_that_let_it()
    {
        var run = HistoryLanguage.Run("""
            a: UPDATE account SET balance = 1 WHERE id = 1
            b: UPDATE account SET balance = 2 WHERE id = 1 | waits a until 2
            a: COMMIT
            b: COMMIT
            """);

        Assert.Equal(
            ["alice Done", "bob Blocked", "alice Done", "bob Resumed", "alice Ended", "bob Done", "bob Ended"],
            Timeline.Of(run, Names).Select(entry => $"{entry.Actor} {entry.Event}"));
        Assert.Equal(["alice"], Timeline.Of(run, Names)[1].BlockedBy);
    }

    [Fact]
    public void The_victim_of_a_deadlock_fails_when_the_circle_closes()
    {
        var run = HistoryLanguage.Run("""
            a: UPDATE account SET balance = 1 WHERE id = 1
            b: UPDATE account SET balance = 1 WHERE id = 2
            a: UPDATE account SET balance = 1 WHERE id = 2 | waits b | fails 40P01
            b: UPDATE account SET balance = 1 WHERE id = 1 | waits a until 2
            b: COMMIT
            a: ROLLBACK
            """, deadlock: [0, 1]);

        Assert.Equal(
            ["alice Done", "bob Done", "alice Blocked", "bob Blocked", "alice Failed", "bob Resumed", "bob Done", "bob Ended", "alice Done", "alice Ended"],
            Timeline.Of(run, Names).Select(entry => $"{entry.Actor} {entry.Event}"));
        Assert.Equal("40P01: refused", Timeline.Of(run, Names)[4].Result);
    }

    [Fact]
    public void Positions_in_the_trace_become_positions_in_the_timeline()
    {
        var run = HistoryLanguage.Run("""
            a: UPDATE account SET balance = 1 WHERE id = 1
            b: UPDATE account SET balance = 2 WHERE id = 1 | waits a until 2
            a: COMMIT
            b: COMMIT
            """);

        var (entries, positions) = Timeline.Of(run, Names, [1, 3]);

        Assert.Equal([1, 5], positions);
        Assert.Equal("COMMIT", entries[positions[1]].Sql);
    }

    [Fact]
    public void An_actor_without_statements_ends_at_the_start()
    {
        var run = HistoryLanguage.Run("b: SELECT 1");

        Assert.Equal(["alice Ended", "bob Done", "bob Ended"], Timeline.Of(run, Names).Select(entry => $"{entry.Actor} {entry.Event}"));
    }

    [Theory]
    [InlineData("SELECT *\n  FROM t -- not this\n WHERE id = $1 AND name = $2", "SELECT * FROM t WHERE id = 7 AND name = 'O''Hara'")]
    [InlineData("SELECT '$1', \"$2\", $$ $1 $$, $3", "SELECT '$1', \"$2\", $$ $1 $$, $3")]
    [InlineData("SELECT 1 /* a /* nested */ comment */ + $1;", "SELECT 1 + 7")]
    [InlineData("SELECT E'it\\'s $1'", "SELECT E'it\\'s $1'")]
    public void Parameters_are_written_in_where_they_are_parameters(string sql, string expected) =>
        Assert.Equal(expected, SqlForReading.Of(sql, ["7", "O'Hara", null]));

    [Fact]
    public void The_shortest_schedule_with_the_fewest_switches_is_shown()
    {
        var runs = new[] { "a: X\nb: X\na: X\nb: X", "a: X\na: X\nb: X\nb: X", "a: X\nb: X\na: X\nb: X\nb: X" }.Select(history => HistoryLanguage.Run(history));

        Assert.Equal("aabb", Shortest.Of(runs).Trace.Schedule.ToString());
    }
}
