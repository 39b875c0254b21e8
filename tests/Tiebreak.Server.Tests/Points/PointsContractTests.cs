using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Tiebreak.Server.Points;
using Tiebreak.Server.Systems;
using Tiebreak.Server.Tests.Support;

namespace Tiebreak.Server.Tests.Points;

public abstract class PointsContractTests(ServerFixture server)
{
    private const long Most = 9_007_199_254_740_991;

    private ApiClient Api => server.Api;

    [Fact]
    public async Task A_program_is_answered_as_it_was_put_and_replaced_as_a_whole()
    {
        const string Rules = """
            [{"type":"rate","pointsPerUnit":1.5},{"type":"categoryMultiplier","category":"books","multiplier":2},{"type":"tier","tiers":[{"from":0,"multiplier":1},{"from":100,"multiplier":1.25}]},{"type":"firstOfDay","bonus":10},{"type":"streak","bonus":50,"days":7},{"type":"campaign","from":"2030-11-29T00:00:00Z","until":"2030-12-01T00:00:00Z","multiplier":3},{"type":"dailyCap","points":500},{"type":"monthlyCap","points":5000}]
            """;

        var made = (await Api.SendAsync(HttpMethod.Put, "/v1/programs/all", $$"""{"rules": {{Rules}}}""")).Expect(201);
        Assert.Equal(Rules.Trim(), made.Json.GetProperty("rules").GetRawText());
        Assert.Equal(["id", "rules", "createdAt", "updatedAt"], made.Json.EnumerateObject().Select(member => member.Name));

        // What a program keeps is read again with its members in another order.
        (await Api.PutAsync("/v1/accounts/all", new { programId = "all" })).Expect(201);
        (await EarnAsync("all", """{"facts": {"amount": 10, "category": "books"}}""")).Expect(201);

        var replaced = (await Api.SendAsync(HttpMethod.Put, "/v1/programs/all", """{"rules": []}""")).Expect(200);
        Assert.Equal(made.String("createdAt"), replaced.String("createdAt"));
        Assert.Equal(0, (await EarnAsync("all", """{"facts": {"amount": 10}}""")).Expect(201).Number("points"));
    }

    [Theory]
    [InlineData("""{}""", "/rules")]
    [InlineData("""{"rules": 1}""", "/rules")]
    [InlineData("""{"rules": [], "more": 1}""", "/more")]
    [InlineData("""{"rules": [1]}""", "/rules/0")]
    [InlineData("""{"rules": [{}]}""", "/rules/0/type")]
    [InlineData("""{"rules": [{"type": "magic"}]}""", "/rules/0/type")]
    [InlineData("""{"rules": [{"type": "firstOfDay", "bonus": 1}, {"type": "rate"}]}""", "/rules/1/pointsPerUnit")]
    [InlineData("""{"rules": [{"type": "rate", "pointsPerUnit": -1}]}""", "/rules/0/pointsPerUnit")]
    [InlineData("""{"rules": [{"type": "rate", "pointsPerUnit": 0.00001}]}""", "/rules/0/pointsPerUnit")]
    [InlineData("""{"rules": [{"type": "rate", "pointsPerUnit": 1, "bonus": 1}]}""", "/rules/0/bonus")]
    [InlineData("""{"rules": [{"type": "categoryMultiplier", "category": "", "multiplier": 1}]}""", "/rules/0/category")]
    [InlineData("""{"rules": [{"type": "categoryMultiplier", "category": "c", "multiplier": 1000.0001}]}""", "/rules/0/multiplier")]
    [InlineData("""{"rules": [{"type": "tier", "tiers": []}]}""", "/rules/0/tiers")]
    [InlineData("""{"rules": [{"type": "tier", "tiers": [{"from": 1, "multiplier": 1}, {"from": 1, "multiplier": 2}]}]}""", "/rules/0/tiers/1/from")]
    [InlineData("""{"rules": [{"type": "tier", "tiers": [{"from": 1, "multiplier": 1, "until": 2}]}]}""", "/rules/0/tiers/0/until")]
    [InlineData("""{"rules": [{"type": "streak", "bonus": 1, "days": 0}]}""", "/rules/0/days")]
    [InlineData("""{"rules": [{"type": "campaign", "from": "2030-01-02T00:00:00Z", "until": "2030-01-01T00:00:00Z", "multiplier": 1}]}""", "/rules/0/until")]
    [InlineData("""{"rules": [{"type": "campaign", "until": "2030-01-01T00:00:00Z", "multiplier": 1}]}""", "/rules/0/from")]
    [InlineData("""{"rules": [{"type": "dailyCap", "points": 1.5}]}""", "/rules/0/points")]
    [InlineData("""{"rules": [{"type": "monthlyCap", "points": 9007199254740992}]}""", "/rules/0/points")]
    public async Task A_wrong_rule_is_named_by_its_pointer(string body, string pointer) =>
        AssertPointers(await Api.SendAsync(HttpMethod.Put, "/v1/programs/wrong", body), pointer);

    [Fact]
    public async Task A_program_has_a_hundred_rules_at_most()
    {
        (await Api.PutAsync("/v1/programs/hundred", new { rules = Enumerable.Repeat(new { type = "firstOfDay", bonus = 1 }, 100) })).Expect(201);
        AssertPointers(await Api.PutAsync("/v1/programs/hundred", new { rules = Enumerable.Repeat(new { type = "firstOfDay", bonus = 1 }, 101) }), "/rules");
    }

    [Fact]
    public async Task An_account_has_the_program_that_was_put_last()
    {
        (await Api.PutAsync("/v1/programs/last", new { rules = Array.Empty<object>() })).Expect(201);
        Assert.Equal("404 program-not-found", (await Api.PutAsync("/v1/accounts/last", new { programId = "unknown" })).Kind);
        Assert.Equal("404 account-not-found", (await Api.GetAsync("/v1/accounts/last")).Kind);

        var made = (await Api.PutAsync("/v1/accounts/last", new { programId = "last" })).Expect(201);
        Assert.Equal(["id", "programId", "balance", "lifetime", "createdAt"], made.Json.EnumerateObject().Select(member => member.Name));
        Assert.Equal("last", made.String("programId"));
        Assert.Equal(made.Text, (await Api.GetAsync("/v1/accounts/last")).Expect(200).Text);

        Assert.Null((await Api.PutAsync("/v1/accounts/last", new { })).Expect(200).String("programId"));
        Assert.Equal("409 no-program", (await EarnAsync("last", """{"facts": {"amount": 1}}""")).Kind);
    }

    [Fact]
    public async Task Facts_do_not_open_an_account()
    {
        Assert.Equal("409 no-program", (await EarnAsync("by-facts", """{"facts": {"amount": 1}}""")).Kind);
        Assert.Equal("404 account-not-found", (await Api.GetAsync("/v1/accounts/by-facts/entries")).Kind);
    }

    [Theory]
    [InlineData("""{}""", "/points", "/facts")]
    [InlineData("""{"points": 1, "facts": {"amount": 1}}""", "/points", "/facts")]
    [InlineData("""{"points": 0}""", "/points")]
    [InlineData("""{"points": -5}""", "/points")]
    [InlineData("""{"points": 1.5}""", "/points")]
    [InlineData("""{"points": 9007199254740992}""", "/points")]
    [InlineData("""{"points": "1"}""", "/points")]
    [InlineData("""{"facts": []}""", "/facts")]
    [InlineData("""{"facts": {}}""", "/facts/amount")]
    [InlineData("""{"facts": {"amount": -0.5}}""", "/facts/amount")]
    [InlineData("""{"facts": {"amount": 1000000000000.1}}""", "/facts/amount")]
    [InlineData("""{"facts": {"amount": 0.12345}}""", "/facts/amount")]
    [InlineData("""{"facts": {"amount": 1e400}}""", "/facts/amount")]
    [InlineData("""{"facts": {"amount": 1, "category": 5}}""", "/facts/category")]
    [InlineData("""{"facts": {"amount": 1, "more": {"a": 1}}}""", "/facts/more")]
    [InlineData("""{"facts": {"amount": 1, "a/b": [1]}}""", "/facts/a~1b")]
    [InlineData("""{"points": 1, "reason": ""}""", "/reason")]
    [InlineData("""{"points": 1, "when": 1}""", "/when")]
    public async Task A_wrong_earn_is_named_by_its_pointer(string body, params string[] pointers) =>
        AssertPointers(await EarnAsync("wrong", body), pointers);

    [Fact]
    public async Task Facts_have_fifty_members_at_most()
    {
        (await Api.PutAsync("/v1/programs/fifty", new { rules = Array.Empty<object>() })).Expect(201);
        (await Api.PutAsync("/v1/accounts/fifty", new { programId = "fifty" })).Expect(201);
        static string Facts(int others) => """{"facts": {"amount": 1""" + string.Concat(Enumerable.Range(0, others).Select(i => $", \"m{i}\": {i}")) + "}}";

        (await EarnAsync("fifty", Facts(49))).Expect(201);
        AssertPointers(await EarnAsync("fifty", Facts(50)), "/facts");
    }

    [Fact]
    public async Task A_repetition_may_be_spaced_and_ordered_in_another_way()
    {
        (await Api.PutAsync("/v1/programs/spaced", new { rules = new[] { new { type = "rate", pointsPerUnit = 2 } } })).Expect(201);
        (await Api.PutAsync("/v1/accounts/spaced", new { programId = "spaced" })).Expect(201);

        var first = (await EarnAsync("spaced", """{"facts": {"amount": 1.50, "b": true, "a": "\u0041", "c": null}, "reason": "r"}""", "spaced")).Expect(201);
        var again = await EarnAsync("spaced", """{ "reason":"r","facts":{"a":"A","b":true,  "amount":1.5} }""", "spaced");

        Assert.True(again.IsReplay);
        Assert.Equal(first.Text, again.Text);
        Assert.Equal("422 idempotency-key-reused", (await EarnAsync("spaced", """{"facts": {"amount": 1.5, "b": "true", "a": "A"}, "reason": "r"}""", "spaced")).Kind);
    }

    [Fact]
    public async Task Nothing_passes_the_largest_number()
    {
        (await EarnAsync("most", $$"""{"points": {{Most}}}""")).Expect(201);
        Assert.Equal("409 balance-limit", (await EarnAsync("most", """{"points": 1}""")).Kind);

        (await EarnAsync("more", """{"points": 1}""")).Expect(201);
        Assert.Equal("409 balance-limit", (await TransferAsync("more", "most", 1)).Kind);

        // Spending makes room in the balance, and none in what was ever earned.
        (await Api.PostAsync("/v1/accounts/most/spend", new { points = 10 })).Expect(201);
        Assert.Equal("409 balance-limit", (await EarnAsync("most", """{"points": 1}""")).Kind);
        (await TransferAsync("more", "most", 1)).Expect(201);
        Assert.Equal(Most - 9, (await Api.GetAsync("/v1/accounts/most")).Number("balance"));

        (await Api.PutAsync("/v1/programs/huge", new { rules = new object[] { new { type = "rate", pointsPerUnit = 1000000 }, new { type = "categoryMultiplier", category = "c", multiplier = 1000 }, new { type = "categoryMultiplier", category = "c", multiplier = 1000 } } })).Expect(201);
        (await Api.PutAsync("/v1/accounts/huge", new { programId = "huge" })).Expect(201);
        Assert.Equal("409 balance-limit", (await EarnAsync("huge", """{"facts": {"amount": 999999999999.9999, "category": "c"}}""")).Kind);
        Assert.Empty(await Api.ListAsync("/v1/accounts/huge/entries"));
    }

    [Fact]
    public async Task A_transfer_says_which_account_there_is_not_and_needs_two()
    {
        (await EarnAsync("one", """{"points": 5}""")).Expect(201);

        var from = await TransferAsync("nobody", "one", 1);
        Assert.Equal(("404 account-not-found", "nobody"), (from.Kind, from.String("accountId")));
        var to = await TransferAsync("one", "nobody", 1);
        Assert.Equal(("404 account-not-found", "nobody"), (to.Kind, to.String("accountId")));
        AssertPointers(await TransferAsync("one", "one", 1), "/toAccountId");
        var tooMany = await TransferAsync("one", "nobody", 6);
        Assert.Equal(("409 insufficient-points", 5), (tooMany.Kind, tooMany.Number("balance")));
        Assert.Equal(("404 account-not-found", "nobody"), ((await Api.PostAsync("/v1/accounts/nobody/spend", new { points = 1 })).Kind, "nobody"));
    }

    [Fact]
    public async Task Days_and_months_begin_anew_with_the_time()
    {
        (await Api.PutAsync("/v1/programs/days", new { rules = new object[] { new { type = "rate", pointsPerUnit = 1 }, new { type = "firstOfDay", bonus = 1 }, new { type = "streak", bonus = 100, days = 3 }, new { type = "dailyCap", points = 150 } } })).Expect(201);
        (await Api.PutAsync("/v1/accounts/days", new { programId = "days" })).Expect(201);
        var given = new List<long>();
        for (var day = 0; day < 3; day++)
        {
            given.Add((await EarnAsync("days", """{"facts": {"amount": 40}}""")).Expect(201).Number("points"));
            given.Add((await EarnAsync("days", """{"facts": {"amount": 40}}""")).Expect(201).Number("points"));
            server.Time.Forward(TimeSpan.FromDays(1));
        }

        Assert.Equal([41, 40, 41, 40, 141, 9], given);
        await AssertDriftsAsync();
    }

    [Fact]
    public async Task Entries_are_listed_newest_first_and_a_cursor_survives_new_ones()
    {
        for (var i = 1; i <= 5; i++)
        {
            (await EarnAsync("listed", $$"""{"points": {{i}}}""")).Expect(201);
        }

        var first = (await Api.GetAsync("/v1/accounts/listed/entries?limit=2")).Expect(200);
        (await EarnAsync("listed", """{"points": 6}""")).Expect(201);
        var second = (await Api.GetAsync("/v1/accounts/listed/entries?limit=2&cursor=" + first.String("next"))).Expect(200);

        Assert.Equal([5, 4, 3, 2], first.Json.GetProperty("items").EnumerateArray().Concat(second.Json.GetProperty("items").EnumerateArray()).Select(entry => entry.GetProperty("points").GetInt32()));
        Assert.Equal(["id", "accountId", "points", "balanceAfter", "reason", "breakdown", "createdAt"], second.Json.GetProperty("items")[0].EnumerateObject().Select(member => member.Name));
    }

    [Fact]
    public async Task A_counter_that_was_changed_by_hand_is_found()
    {
        (await Api.PutAsync("/v1/programs/drift", new { rules = new[] { new { type = "rate", pointsPerUnit = 1 } } })).Expect(201);
        (await Api.PutAsync("/v1/accounts/drift", new { programId = "drift" })).Expect(201);
        (await EarnAsync("drift", """{"facts": {"amount": 30}}""")).Expect(201);
        await AssertDriftsAsync();

        await SqlAsync("UPDATE accounts SET balance = 31, lifetime = 32 WHERE id = 'drift'; UPDATE account_progress SET day_points = 33, month_points = 34 WHERE account_id = 'drift'");
        await AssertDriftsAsync(
            new Drift("accounts", "drift", "balance", "31", "30"),
            new Drift("accounts", "drift", "lifetime", "32", "30"),
            new Drift("account_progress", "drift/drift", "day_points", "33", "30"),
            new Drift("account_progress", "drift/drift", "month_points", "34", "30"));

        await SqlAsync("UPDATE accounts SET balance = 30, lifetime = 30, entries = 2 WHERE id = 'drift'; UPDATE account_progress SET day_points = 30, month_points = 30 WHERE account_id = 'drift'");
        await AssertDriftsAsync(new Drift("accounts", "drift", "entries", "2", "1"));
        await SqlAsync("UPDATE accounts SET entries = 1 WHERE id = 'drift'");
    }

    private Task<ApiAnswer> EarnAsync(string accountId, string json, string? key = null) => Api.SendAsync(HttpMethod.Post, $"/v1/accounts/{accountId}/earn", json, key);

    private Task<ApiAnswer> TransferAsync(string fromAccountId, string toAccountId, long points) => Api.PostAsync("/v1/transfers", new { fromAccountId, toAccountId, points });

    private static void AssertPointers(ApiAnswer answer, params string[] pointers)
    {
        Assert.Equal("400 invalid-request", answer.Kind);
        Assert.Equal(pointers, answer.Json.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("pointer").GetString()));
    }

    private async Task AssertDriftsAsync(params Drift[] expected)
    {
        var reconcile = server.Server.Services.GetServices<IReconcile>().OfType<PointsReconcile>().Single();
        Assert.Equal(expected, await reconcile.FindAsync(TestContext.Current.CancellationToken).ToListAsync());
    }

    private async Task SqlAsync(string sql)
    {
        await using var database = NpgsqlDataSource.Create(server.ConnectionString);
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
