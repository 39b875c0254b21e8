namespace Tiebreak.Races.Tests.Oracles;

public sealed class MasksTests
{
    [Fact]
    public void Generated_ids_that_were_given_out_in_the_other_order_are_no_race()
    {
        var histories = new Histories("orders(id!, who); item(id!, orders>orders.id, sku)", "")
            .Order("ab", "a=1 b=2 | orders: 1 alice, 2 bob | item: 1 1 x, 2 2 y", "a=101 b=102 | orders: 101 alice, 102 bob | item: 501 101 x, 502 102 y")
            .Order("ba", "a=2 b=1 | orders: 1 bob, 2 alice | item: 1 1 y, 2 2 x", "a=102 b=101 | orders: 101 bob, 102 alice | item: 501 101 y, 502 102 x");

        Assert.Equal(1, histories.Serial.Distinct);
        Assert.Empty(histories.Serial.FindUnstable());
        Assert.True(histories.Judge("a=3 b=7 | orders: 3 alice, 7 bob | item: 9 3 x, 4 7 y").Holds);

        // Items that hang on the other's order, an answer that names the other's order, or the same one for both.
        Assert.False(histories.Judge("a=3 b=7 | orders: 3 alice, 7 bob | item: 9 7 x, 4 3 y").Holds);
        Assert.False(histories.Judge("a=7 b=3 | orders: 3 alice, 7 bob | item: 9 3 x, 4 7 y").Holds);
        Assert.False(histories.Judge("a=3 b=3 | orders: 3 alice, 7 bob | item: 9 3 x, 4 7 y").Holds);
    }

    [Fact]
    public void Names_read_like_the_table_that_the_id_is_of()
    {
        var histories = new Histories("orders(id!, who); item(id!, orders>orders.id, at)", "")
            .Order("ab", "a={\"id\":1} b={\"id\":2} | orders: 1 alice, 2 bob | item: 1 2 noon", "a={\"id\":11} b={\"id\":12} | orders: 11 alice, 12 bob | item: 55 12 evening");

        Assert.Equal(
            ["a: {\"id\":orders#1}", "b: {\"id\":orders#2}", "public.item: id=item#1, orders=orders#2, at=*", "public.orders: id=orders#1, who=alice", "public.orders: id=orders#2, who=bob"],
            histories.Canonical("a={\"id\":8} b={\"id\":7} | orders: 8 alice, 7 bob | item: 3 7 dusk").Lines);
    }

    [Fact]
    public void Rows_of_the_start_keep_their_ids()
    {
        var histories = new Histories("users(id!, name); vote(id!, users>users.id)", "users: 1 x, 2 x")
            .Order("ab", "a=null b=null | users: 1 x, 2 x | vote: 1 1, 2 2", "a=null b=null | users: 1 x, 2 x | vote: 11 1, 12 2")
            .Order("ba", "a=null b=null | users: 1 x, 2 x | vote: 1 2, 2 1", "a=null b=null | users: 1 x, 2 x | vote: 11 2, 12 1");

        Assert.True(histories.Judge("a=null b=null | users: 1 x, 2 x | vote: 5 1, 6 2").Holds);
        Assert.False(histories.Judge("a=null b=null | users: 1 x, 2 x | vote: 5 1, 6 1").Holds);
    }

    [Fact]
    public void Times_are_hidden_but_whether_there_is_one_is_not()
    {
        var histories = new Histories("invite(id+, at, seen)", "invite: 1 2020-01-01 ~")
            .Order("ab", "a=1 b=1 | invite: 1 2026-05-05T10:00:01 2026-05-05T10:00:01", "a=1 b=1 | invite: 1 2026-05-05T10:00:02 2026-05-05T10:00:02");

        var same = histories.Canonical("a=1 b=1 | invite: 1 2027-01-01 2027-01-01");
        Assert.Equal(["a: 1", "b: 1", "public.invite: id=1, at=*, seen=*"], same.Lines);
        Assert.Equal(same, histories.Canonical("a=1 b=1 | invite: 1 2028-01-01 2028-01-01"));
        Assert.NotEqual(same, histories.Canonical("a=1 b=1 | invite: 1 2028-01-01 ~"));
        Assert.NotEqual(same, histories.Canonical("a=1 b=1 | invite: 1 2020-01-01 2028-01-01"));
    }

    [Fact]
    public void A_uuid_is_renamed_wherever_it_turns_up()
    {
        const string A = "0c5e1de6-1111-4111-8111-000000000001", B = "0c5e1de6-2222-4222-8222-000000000002", C = "0c5e1de6-3333-4333-8333-000000000003";
        var histories = new Histories("hold(seat+, token)", "")
            .Order("ab", $"a={{\"url\":\"/holds/{A}\"}} b=1 | hold: s1 {A}", $"a={{\"url\":\"/holds/{B}\"}} b=1 | hold: s1 {B}");

        var canonical = histories.Canonical($"a={{\"url\":\"/holds/{C}\"}} b=1 | hold: s1 {C}");
        Assert.Equal(["a: {\"url\":\"hold.token#1\"}", "b: 1", "public.hold: seat=s1, token=hold.token#1"], canonical.Lines.Select(line => line.Replace("/holds/", "")));
        Assert.NotEqual(canonical, histories.Canonical($"a={{\"url\":\"/holds/{A}\"}} b=1 | hold: s1 {C}"));
    }

    [Fact]
    public void A_reference_without_a_foreign_key_follows_the_id_too()
    {
        var histories = new Histories("orders(id!, who); line(order_id, doc)", "")
            .Order("ab", "a=1 b=1 | orders: 1 alice, 2 bob | line: 1 {\"order\":1,\"at\":\"10:00:00\"}", "a=1 b=1 | orders: 31 alice, 32 bob | line: 31 {\"order\":31,\"at\":\"10:00:01\"}");

        var right = histories.Canonical("a=1 b=1 | orders: 2 alice, 1 bob | line: 2 {\"order\":2,\"at\":\"11:00:00\"}");
        Assert.Contains("public.line: order_id=orders#1, doc={\"at\":*,\"order\":orders#1}", right.Lines);
        Assert.NotEqual(right, histories.Canonical("a=1 b=1 | orders: 2 alice, 1 bob | line: 2 {\"order\":1,\"at\":\"11:00:00\"}"));
        Assert.NotEqual(right, histories.Canonical("a=1 b=1 | orders: 2 alice, 1 bob | line: 1 {\"order\":2,\"at\":\"11:00:00\"}"));
    }

    [Fact]
    public void A_number_that_happens_to_equal_an_id_stays_a_number()
    {
        var histories = new Histories("orders(id!, seats)", "")
            .Order("ab", "a={\"id\":2,\"seats\":2} b=1 | orders: 2 2", "a={\"id\":102,\"seats\":2} b=1 | orders: 102 2");

        Assert.Contains("a: {\"id\":orders#1,\"seats\":2}", histories.Canonical("a={\"id\":2,\"seats\":2} b=1 | orders: 2 2").Lines);
        Assert.NotEqual(histories.Canonical("a={\"id\":2,\"seats\":2} b=1 | orders: 2 2"), histories.Canonical("a={\"id\":2,\"seats\":3} b=1 | orders: 2 2"));
    }

    [Fact]
    public void Ids_that_stand_alike_give_the_same_lines_whichever_is_first()
    {
        var histories = new Histories("orders(id!, who); item(id!, orders>orders.id)", "");

        Assert.Equal(
            histories.Canonical("| orders: 1 x, 2 x | item: 7 1, 8 2"),
            histories.Canonical("| orders: 1 x, 2 x | item: 7 2, 8 1"));
        Assert.NotEqual(
            histories.Canonical("| orders: 1 x, 2 x | item: 7 1, 8 2"),
            histories.Canonical("| orders: 1 x, 2 x | item: 7 1, 8 1"));
    }

    [Fact]
    public void Ignored_columns_do_not_count()
    {
        var histories = new Histories("t(id+, v, hits)", "t: 1 0 0", 2, "t.hits").Order("ab", "a=1 b=1 | t: 1 0 1").Order("ba", "a=1 b=1 | t: 1 0 1");

        Assert.True(histories.Judge("a=1 b=1 | t: 1 0 7").Holds);
        Assert.True(histories.Judge("a=1 b=1 | t: 1 0 0").Holds);
        Assert.False(histories.Judge("a=1 b=1 | t: 1 1 1").Holds);
    }

    [Fact]
    public void Members_of_an_answer_are_in_no_order()
    {
        var histories = new Histories("t(id+)", "");

        Assert.Equal(histories.Canonical("a={\"x\":1,\"y\":[1,2]}"), histories.Canonical("a={\"y\":[1,2],\"x\":1}"));
        Assert.NotEqual(histories.Canonical("a={\"x\":1,\"y\":[1,2]}"), histories.Canonical("a={\"y\":[2,1],\"x\":1}"));
        Assert.NotEqual(histories.Canonical("a=\"1\""), histories.Canonical("a=1"));
    }

    [Fact]
    public void Equal_runs_that_differ_in_more_than_ids_and_times_are_told()
    {
        var histories = new Histories("t(id+, n)", "").Order("ab", "a=true b=1 | t: 1 5", "a=false b=1 | t:");

        Assert.Contains("a, b: + a: false", histories.Serial.FindUnstable());
    }
}
