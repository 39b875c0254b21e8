using Tiebreak.Races.Findings;
using Tiebreak.Races.Reports;

namespace Tiebreak.Races.Tests.Reports;

public sealed class ConsoleReportTests
{
    [Fact]
    public void A_report_that_holds_throws_nothing() => SampleReport.Holds.ThrowUnlessHolds();

    [Fact]
    public void A_broken_one_throws_with_its_timeline()
    {
        var thrown = Assert.Throws<RaceFoundException>(SampleReport.Broken.ThrowUnlessHolds);

        Assert.Same(SampleReport.Broken, thrown.Report);
        Assert.Contains("BROKEN: 2 findings between alice and bob.", thrown.Message, StringComparison.Ordinal);
        Assert.Contains(".ReplayAsync(\"abaaabbb\")", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_one_throws_with_its_reason()
    {
        var thrown = Assert.Throws<RaceFoundException>(SampleReport.Unknown.ThrowUnlessHolds);

        Assert.Contains("UNKNOWN: The budget of 60 s ended. This is not a pass.", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("every order up to 1 preemption", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_timeline_has_a_column_an_actor_and_shows_who_waits()
    {
        const string Expected = """
                  alice                            bob
                  -----                            ---
                1 UPDATE account SET balance = 1
                  WHERE id = 1
                  -> UPDATE 1
                2                                  UPDATE account SET balance = 1
                                                   WHERE id = 2
                                                   -> UPDATE 1
            =>  3 UPDATE account SET balance = 1
                  WHERE id = 2
                  ... waits for bob
            =>  4 |                                UPDATE account SET balance = 1
                  |                                WHERE id = 1
                  |                                ... waits for alice
                5 ... goes on and fails ->         |
                  40P01: deadlock detected         |
                6                                  ... goes on -> UPDATE 1
            """;
        var lines = new ConsoleTimeline(SampleReport.Broken.Findings[1], ["alice", "bob"], width: 69).Lines();

        Assert.Equal(Expected, string.Join('\n', lines));
    }

    [Fact]
    public void Every_part_of_a_finding_is_told()
    {
        var text = SampleReport.Broken.ToText();

        Assert.Contains("1. check then act across transactions (broken invariant: used <= usage_limit), read committed", text, StringComparison.Ordinal);
        Assert.Contains("Nearest order one at a time: alice, bob. It differs in:", text, StringComparison.Ordinal);
        Assert.Contains("FOR UPDATE: holds: 0 bad of 31 orders, exhausted; 12.5 % of the statements wait", Unwrapped(text), StringComparison.Ordinal);
        Assert.Contains("still races: 3 bad of 40 orders", Unwrapped(text), StringComparison.Ordinal);
        Assert.Contains("Redundant for these actors (others may need them):", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n'), line => Assert.True(line.Length <= 110, line));
    }

    [Theory]
    [InlineData("one two three", 7, "one two|three")]
    [InlineData("abcdefghij", 4, "abcd|efgh|ij")]
    [InlineData("a\nb", 10, "a|b")]
    [InlineData("", 10, "")]
    public void A_text_is_wrapped_between_words(string text, int width, string lines) =>
        Assert.Equal(lines, string.Join('|', TextWrap.At(text, width)));

    private static string Unwrapped(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
