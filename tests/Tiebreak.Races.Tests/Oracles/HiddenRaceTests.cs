namespace Tiebreak.Races.Tests.Oracles;

/// <summary>Behind each kind of value that differs between equal runs a race was planted: two callers are told the same number.</summary>
public sealed class HiddenRaceTests
{
    private const string Uuid = "0c5e1de6-1111-4111-8111-00000000000";

    [Theory]
    [InlineData("""{"status":200,"body":"{\"ticket\":N,\"at\":171823344V.25}"}""")]
    [InlineData("""{"status":200,"body":"ticket_N_at_2026-11-30T10:00:0V.5Z"}""")]
    [InlineData("""{"exitCode":0,"output":"ticket=N;token=a8VdK2mQp7Zx1LsT"}""")]
    [InlineData("""{"status":200,"body":"<li>N</li><li>10:00:0V</li>"}""")]
    [InlineData("""{"status":200,"body":"<p>ticket<b>N</b></p><input_value='VVq7/xbV8+Kd2=='>"}""")]
    [InlineData("""{"link":"/tickets/N/0c5e1de6-1111-4111-8111-00000000000V"}""")]
    [InlineData("""[{"rows":[["N","2026-11-30_10:00:0V"]]}]""")]
    [InlineData("""["ticket",N,171823344V]""")]
    [InlineData("""{"a":{"b":[{"at":"10:00:0V","n":N}]}}""")]
    [InlineData("""{"log":"took_V_ms,ticket_N"}""")]
    public void A_race_beside_a_value_that_changes_is_found(string answer)
    {
        string Say(int number, int run) => answer.Replace("N", number.ToString(), StringComparison.Ordinal).Replace("V", run.ToString(), StringComparison.Ordinal);
        var histories = new Histories("t(id+)", "")
            .Order("ab", $"a={Say(0, 1)} b={Say(1, 2)}", $"a={Say(0, 3)} b={Say(1, 4)}")
            .Order("ba", $"a={Say(1, 5)} b={Say(0, 6)}", $"a={Say(1, 7)} b={Say(0, 8)}");

        Assert.Empty(histories.Serial.FindUnstable());
        Assert.True(histories.Judge($"a={Say(1, 9)} b={Say(0, 3)}").Holds);
        Assert.False(histories.Judge($"a={Say(0, 9)} b={Say(0, 3)}").Holds);
        Assert.NotEmpty(histories.Serial.Masked);
        Assert.Empty(histories.Serial.Emptied);
    }

    [Theory]
    [InlineData("""{"status":200,"body":"T"}""")]
    [InlineData("""{"status":200,"body":"{\"code\":\"T\",\"ok\":true}"}""")]
    [InlineData("\"take_T_with_you\"")]
    public void That_two_were_given_the_same_random_value_is_found(string answer)
    {
        string Say(int token) => answer.Replace("T", Uuid + token, StringComparison.Ordinal);
        var histories = new Histories("t(id+)", "")
            .Order("ab", $"a={Say(1)} b={Say(2)}", $"a={Say(3)} b={Say(4)}")
            .Order("ba", $"a={Say(5)} b={Say(6)}", $"a={Say(7)} b={Say(8)}");

        Assert.True(histories.Judge($"a={Say(9)} b={Say(8)}").Holds);
        Assert.False(histories.Judge($"a={Say(9)} b={Say(9)}").Holds);
    }

    [Fact]
    public void Items_in_another_order_are_the_same_and_others_are_not()
    {
        var histories = new Histories("t(id+)", "").BothOrders(
            """a={"seats":[{"n":1,"at":"10:00:01"},{"n":2,"at":"10:00:02"}]} b=1""", """a={"seats":[{"n":2,"at":"10:00:04"},{"n":1,"at":"10:00:03"}]} b=1""");

        Assert.Empty(histories.Serial.FindUnstable());
        Assert.True(histories.Judge("""a={"seats":[{"n":2,"at":"10:00:07"},{"n":1,"at":"10:00:08"}]} b=1""").Holds);
        Assert.False(histories.Judge("""a={"seats":[{"n":2,"at":"10:00:07"},{"n":2,"at":"10:00:08"}]} b=1""").Holds);
    }

    [Fact]
    public void Ids_inside_a_text_are_named_and_numbers_beside_them_stay()
    {
        var histories = new Histories("orders(id!, seats)", "")
            .BothOrders("""a={"text":"order_2_of_2_seats"} b=1 | orders: 2 2""", """a={"text":"order_102_of_2_seats"} b=1 | orders: 102 2""");

        Assert.Contains("""a: {"text":"order_orders#1_of_2_seats"}""", histories.Canonical("""a={"text":"order_5_of_2_seats"} b=1 | orders: 5 2""").Lines);
        Assert.False(histories.Judge("""a={"text":"order_2_of_3_seats"} b=1 | orders: 2 2""").Holds);
    }

    [Fact]
    public void A_text_in_a_row_is_compared_but_for_what_changes()
    {
        var histories = new Histories("log(note)", "")
            .BothOrders("a=1 b=1 | log: alice_at_10:00:01, bob_at_10:00:02", "a=1 b=1 | log: bob_at_10:00:04, alice_at_10:00:03");

        Assert.Empty(histories.Serial.FindUnstable());
        Assert.True(histories.Judge("a=1 b=1 | log: alice_at_10:00:08, bob_at_10:00:09").Holds);
        Assert.False(histories.Judge("a=1 b=1 | log: alice_at_10:00:08, alice_at_10:00:09").Holds);
    }

    [Fact]
    public void Something_else_in_place_of_a_time_is_found()
    {
        var histories = new Histories("t(id+)", "").BothOrders("""a={"n":1,"at":"10:00:01"} b=1""", """a={"n":1,"at":"10:00:02"} b=1""");

        Assert.False(histories.Judge("""a={"n":1,"at":"never"} b=1""").Holds);
        Assert.Equal(["a's answer at"], histories.Serial.Masked.Select(masked => masked.Where));
    }

    [Theory]
    [InlineData("""{"status":200,"body":"{\"at\":171823344V}"}""")]
    [InlineData("""{"exitCode":0,"output":"10:00:0V"}""")]
    [InlineData("171823344V")]
    public void An_answer_of_which_nothing_remains_is_told(string answer)
    {
        string Say(int run) => answer.Replace("V", run.ToString(), StringComparison.Ordinal);
        var histories = new Histories("t(id+)", "").Order("ab", $"a={Say(1)} b=1", $"a={Say(2)} b=1").Order("ba", $"a={Say(3)} b=1", $"a={Say(4)} b=1");

        Assert.Equal(["a"], histories.Serial.Emptied);
    }
}
