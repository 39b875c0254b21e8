using Tiebreak.Races.Findings;
using Tiebreak.Races.Oracles;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Tests.Oracles;

public sealed class JudgeTests
{
    private const string Overrun = "voucher(id+, used, most); orders(voucher, who)";

    [Fact]
    public void A_lost_update_is_a_race_and_the_nearest_order_is_told()
    {
        var judgement = new Histories("account(id+, points)", "account: 1 0")
            .Order("ab", "a=5 b=12 | account: 1 12")
            .Order("ba", "a=12 b=7 | account: 1 12")
            .Judge("a=5 b=7 | account: 1 7");

        Assert.Equal(FindingKind.Race, judgement.Kind);
        Assert.Equal(["a: 5", "b: 7", "public.account: id=1, points=7"], judgement.Outcome.Lines);
        Assert.Equal(["a", "b"], judgement.Nearest!.Order);
        Assert.Equal(["- b: 12", "- public.account: id=1, points=12", "+ b: 7", "+ public.account: id=1, points=7"], judgement.Nearest.Differences);
    }

    [Fact]
    public void What_some_order_gives_is_no_race()
    {
        var histories = new Histories(Overrun, "voucher: 1 0 1")
            .Order("ab", "a=true b=false | voucher: 1 1 1 | orders: 1 a")
            .Order("ba", "a=false b=true | voucher: 1 1 1 | orders: 1 b");

        Assert.Null(histories.Judge("a=false b=true | voucher: 1 1 1 | orders: 1 b").Kind);
        Assert.Equal(FindingKind.Race, histories.Judge("a=true b=true | voucher: 1 2 1 | orders: 1 a, 1 b").Kind);
        Assert.Equal(FindingKind.Race, histories.Judge("a=true b=true | voucher: 1 1 1 | orders: 1 a").Kind);
        Assert.Equal(2, histories.Serial.Distinct);
    }

    [Fact]
    public void Write_skew_is_a_race_though_each_row_is_one_that_some_order_gives()
    {
        var histories = new Histories("doctor(id+, on)", "doctor: 1 t, 2 t")
            .Order("ab", "a=true b=false | doctor: 1 f, 2 t")
            .Order("ba", "a=false b=true | doctor: 1 t, 2 f");

        Assert.Equal(FindingKind.Race, histories.Judge("a=true b=true | doctor: 1 f, 2 f").Kind);
    }

    [Fact]
    public void An_anomaly_that_only_a_reader_sees_is_a_race()
    {
        // Fekete, O'Neil, O'Neil 2004: the report is wrong while all rows are right.
        var histories = new Histories("account(id+, balance)", "account: 1 0, 2 0", actors: 3)
            .Order("abc", "a=null b=null c=[20,-11] | account: 1 20, 2 -11")
            .Order("acb", "a=null b=null c=[20,0] | account: 1 20, 2 -10")
            .Order("bac", "a=null b=null c=[20,-11] | account: 1 20, 2 -11")
            .Order("bca", "a=null b=null c=[0,-11] | account: 1 20, 2 -11")
            .Order("cab", "a=null b=null c=[0,0] | account: 1 20, 2 -10")
            .Order("cba", "a=null b=null c=[0,0] | account: 1 20, 2 -11");

        Assert.Equal(FindingKind.Race, histories.Judge("a=null b=null c=[20,0] | account: 1 20, 2 -11").Kind);
    }

    [Fact]
    public void Actors_that_gave_way_are_not_expected_to_have_done_anything()
    {
        var histories = new Histories("account(id+, points)", "account: 1 0")
            .Order("ab", "a=5 b=12 | account: 1 12").Order("ba", "a=12 b=7 | account: 1 12")
            .Order("a", "a=5 | account: 1 5").Order("b", "b=7 | account: 1 7");

        Assert.Null(histories.Judge("a=5 b=- | account: 1 5").Kind);
        Assert.Null(histories.Judge("a=- b=- | account: 1 0").Kind);
        Assert.Equal(FindingKind.Race, histories.Judge("a=5 b=- | account: 1 12").Kind);
        Assert.Equal(FindingKind.Race, histories.Judge("a=- b=- | account: 1 5").Kind);
    }

    [Fact]
    public void The_orders_that_are_needed_are_told()
    {
        var histories = new Histories("account(id+, points)", "account: 1 0", actors: 3).Order("abc", "a=1 b=2 c=3 |");

        Assert.Equal(5, histories.Serial.Missing(histories.Outcome("a=1 b=1 c=1 |", [])).Count);
        Assert.Equal([[0, 2], [2, 0]], histories.Serial.Missing(histories.Outcome("a=1 b=- c=1 |", [])));
        Assert.Empty(histories.Serial.Missing(histories.Outcome("a=- b=- c=- |", [])));
        Assert.Contains("Run a, c; c, a one at a time first", Assert.Throws<ArgumentException>(() => histories.Judge("a=1 b=- c=1 |")).Message);
    }

    [Fact]
    public void A_deadlock_is_a_verdict_of_its_own_whatever_came_of_it()
    {
        var histories = new Histories("account(id+, points)", "account: 1 0");

        var judgement = histories.Judge("a=5 b?40P01 | account: 1 99", cycle: [0, 1]);
        Assert.Equal((FindingKind.Deadlock, 2), (judgement.Kind, judgement.DeadlockCycle.Count));
        Assert.Equal(FindingKind.Deadlock, histories.Judge("a=5 b?40P01 |").Kind);
        Assert.Null(histories.Judge("a=- b=- | account: 1 0", cycle: [0, 1]).Kind);
    }

    [Fact]
    public void An_error_that_no_order_gives_is_a_finding_of_its_own()
    {
        var histories = new Histories("member(name+)", "")
            .Order("ab", "a=\"new\" b=\"already\" | member: x").Order("ba", "a=\"already\" b=\"new\" | member: x")
            .Order("a", "a=\"new\" | member: x").Order("b", "b=\"new\" | member: x");

        var judgement = histories.Judge("a=\"new\" b!23505 | member: x", steps: Failed(1, "23505"));
        Assert.Equal((FindingKind.Error, 1, "23505", "failed 23505"), (judgement.Kind, judgement.ErrorActor, judgement.SqlState, judgement.Error));
        Assert.Equal([1], judgement.WouldHoldWithout);
    }

    [Fact]
    public void An_error_that_an_order_gives_as_well_is_compared_as_an_answer()
    {
        var histories = new Histories("member(name+)", "")
            .Order("ab", "a=1 b!23505 | member: x").Order("ba", "a!23505 b=1 | member: x")
            .Order("a", "a=1 | member: x").Order("b", "b=1 | member: x");

        Assert.Null(histories.Judge("a=1 b!23505 | member: x").Kind);
        Assert.Equal(FindingKind.Race, histories.Judge("a!23505 b!23505 |").Kind);
    }

    [Fact]
    public void An_error_does_not_hide_a_race_of_the_others()
    {
        var histories = new Histories("account(id+, points)", "account: 1 0", actors: 3);
        foreach (var order in SerialOutcomes.OrdersOf([0, 1, 2]))
        {
            histories.Order(string.Concat(order.Select(Schedule.LetterOf)), "a=1 b=1 c=1 | account: 1 3");
        }

        histories.Order("ab", "a=1 b=1 | account: 1 2").Order("ba", "a=1 b=1 | account: 1 2");

        Assert.Equal(FindingKind.Race, histories.Judge("a=1 b=1 c!23505 | account: 1 1", steps: Failed(2, "23505")).Kind);
        Assert.Equal(FindingKind.Error, histories.Judge("a=1 b=1 c!23505 | account: 1 2", steps: Failed(2, "23505")).Kind);

        // What the failed one had committed before is mixed into the rows: they say nothing about the others.
        Assert.Equal(FindingKind.Error, histories.Judge("a=1 b=1 c!23505 | account: 1 1", steps: [Wrote(2), Committed(2), Failed(2, "23505")]).Kind);
    }

    [Fact]
    public void An_invariant_that_every_order_keeps_is_named_when_it_breaks()
    {
        var histories = new Histories(Overrun, "voucher: 1 0 1")
            .Order("ab", "a=true b=false | voucher: 1 1 1 | orders: 1 a")
            .Order("ba", "a=false b=true | voucher: 1 1 1 | orders: 1 b");

        var judgement = histories.Judge("a=true b=true | voucher: 1 2 1 | orders: 1 a, 1 b", ["not overrun"]);
        Assert.Equal((FindingKind.Invariant, "not overrun"), (judgement.Kind, judgement.Invariant));
        Assert.Empty(new Judge(histories.Serial).OfSerialOrders());
    }

    [Fact]
    public void An_invariant_that_an_order_breaks_is_wrong_one_at_a_time_and_no_race()
    {
        var histories = new Histories(Overrun, "voucher: 1 0 1")
            .Order("ab", "a=true b=true | voucher: 1 2 1", null, "not overrun")
            .Order("ba", "a=true b=true | voucher: 1 2 1", null, "not overrun");

        var wrong = Assert.Single(new Judge(histories.Serial).OfSerialOrders());
        Assert.Equal((FindingKind.WrongOneAtATime, "not overrun"), (wrong.Kind, wrong.Invariant));
        Assert.Null(histories.Judge("a=true b=true | voucher: 1 2 1", ["not overrun"]).Kind);
    }

    [Fact]
    public void An_answer_that_nobody_declared_as_busy_is_pointed_at()
    {
        var histories = new Histories("account(id+, points)", "account: 1 0")
            .Order("ab", "a=1 b=1 | account: 1 2").Order("ba", "a=1 b=1 | account: 1 2").Order("a", "a=1 | account: 1 1").Order("b", "b=1 | account: 1 1");

        var judgement = histories.Judge("a=1 b=\"locked\" | account: 1 1");
        Assert.Equal(FindingKind.Race, judgement.Kind);
        Assert.Equal([1], judgement.WouldHoldWithout);
    }

    [Fact]
    public void A_table_that_nobody_wrote_before_is_compared_with_its_start()
    {
        var histories = new Histories("account(id+, points); log(what)", "account: 1 0 | log: old")
            .Order("ab", "a=1 b=1 | account: 1 2").Order("ba", "a=1 b=1 | account: 1 2");

        Assert.Null(histories.Judge("a=1 b=1 | account: 1 2 | log: old").Kind);
        Assert.Equal(FindingKind.Race, histories.Judge("a=1 b=1 | account: 1 2 | log: old, new").Kind);
        Assert.Equal(["+ public.log, no longer: what=old"], histories.Judge("a=1 b=1 | account: 1 2 | log:").Nearest!.Differences);
    }

    private static Step Failed(int actor, string sqlState) => new() { Actor = actor, Kind = StepKind.Statement, Sql = "INSERT", SqlState = sqlState };

    private static Step Wrote(int actor) => new() { Actor = actor, Kind = StepKind.Statement, Sql = "INSERT", Changes = [new RowChange("public.account", null, "{}")] };

    private static Step Committed(int actor) => new() { Actor = actor, Kind = StepKind.Commit, Sql = "COMMIT", Tag = "COMMIT" };
}
