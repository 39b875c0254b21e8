using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Tiebreak.Server.Points;
using Tiebreak.Server.Systems;
using Tiebreak.Server.Tests.Support;

namespace Tiebreak.Server.Tests.Points;

public abstract class PointsRaceTests(ServerFixture server)
{
    private ApiClient Api => server.Api;

    [Fact]
    public async Task Many_earns_by_rules_at_once_pass_no_cap_and_count_the_day_once()
    {
        await PutProgramAsync("thousand", new { type = "rate", pointsPerUnit = 1 }, new { type = "firstOfDay", bonus = 7 }, new { type = "streak", bonus = 11, days = 1 }, new { type = "dailyCap", points = 5 * server.Many });
        (await Api.PutAsync("/v1/accounts/thousand", new { programId = "thousand" })).Expect(201);

        var answers = await AtOnce.RunAsync(server.Many, i => UntilDoneAsync(() => EarnAsync("thousand", new { facts = new { amount = 1 + (i % 20) } })));

        Assert.Equal(new Dictionary<string, int> { ["201"] = server.Many }, answers.Tally());
        var entries = await Api.ListAsync("/v1/accounts/thousand/entries");
        Assert.Equal(server.Many, entries.Count);
        Assert.Equal(5 * server.Many, entries.Sum(entry => entry.GetProperty("points").GetInt64()));
        Assert.Equal(7, entries.Sum(entry => ShareOf(entry, "firstOfDay")));
        Assert.Equal(11, entries.Sum(entry => ShareOf(entry, "streak")));
        await AssertConsistentAsync("thousand", 5 * server.Many, 5 * server.Many);
    }

    [Fact]
    public async Task Many_earns_at_once_each_add_what_they_gave()
    {
        await PutProgramAsync("sum", new { type = "rate", pointsPerUnit = 1.5 }, new { type = "firstOfDay", bonus = 100 });
        (await Api.PutAsync("/v1/accounts/sum", new { programId = "sum" })).Expect(201);

        var answers = await AtOnce.RunAsync(server.Many, i => UntilDoneAsync(() => EarnAsync("sum", i % 2 == 0 ? new { facts = new { amount = i } } : new { points = i })));

        Assert.Equal(new Dictionary<string, int> { ["201"] = server.Many }, answers.Tally());
        var expected = 100 + Enumerable.Range(0, server.Many).Sum(i => i % 2 == 0 ? (long)(i * 1.5m) : i);
        await AssertConsistentAsync("sum", expected, expected);
    }

    [Fact]
    public async Task First_earns_of_an_unknown_account_at_once_open_it_once()
    {
        for (var round = 0; round < 5; round++)
        {
            var id = $"opened-{round}";
            var answers = await AtOnce.RunAsync(40, i => EarnAsync(id, new { points = i + 1 }));

            Assert.Equal(new Dictionary<string, int> { ["201"] = 40 }, answers.Tally());
            await AssertConsistentAsync(id, 820, 820);
        }
    }

    [Fact]
    public async Task Spends_at_once_never_take_more_than_there_is()
    {
        (await EarnAsync("spender", new { points = 1000 })).Expect(201);

        var answers = await AtOnce.RunAsync(200, i => SpendAsync("spender", new { points = 1 + (i % 13) }));

        Assert.All(answers, answer => Assert.Contains(answer.Kind, new[] { "201", "409 insufficient-points" }));
        Assert.All(answers.Where(answer => answer.Status == 201), answer => Assert.True(answer.Number("balanceAfter") >= 0));
        var spent = -answers.Where(answer => answer.Status == 201).Sum(answer => answer.Number("points"));
        await AssertConsistentAsync("spender", 1000 - spent, 1000);
        Assert.All(answers.Where(answer => answer.Status == 409), answer => Assert.InRange(answer.Number("balance"), 0, 12));
    }

    [Fact]
    public async Task Transfers_in_both_directions_at_once_keep_the_total()
    {
        for (var i = 0; i < 10; i++)
        {
            (await EarnAsync($"circle-{i}", new { points = 100 })).Expect(201);
        }

        var answers = await AtOnce.RunAsync(600, i => TransferAsync($"circle-{i % 10}", $"circle-{(i + 1 + (i / 10 % 9)) % 10}", 1 + (i % 30)));

        Assert.All(answers, answer => Assert.Contains(answer.Kind, new[] { "201", "409 insufficient-points" }));
        Assert.Contains(answers, answer => answer.Status == 409);
        long total = 0;
        for (var i = 0; i < 10; i++)
        {
            var balance = (await Api.GetAsync($"/v1/accounts/circle-{i}")).Expect(200).Number("balance");
            await AssertConsistentAsync($"circle-{i}", balance, 100);
            total += balance;
        }

        Assert.Equal(1000, total);
    }

    [Fact]
    public async Task Earns_spends_and_transfers_at_once_on_a_few_accounts_end_in_balances_that_their_entries_sum_to()
    {
        await PutProgramAsync("mixed", new { type = "rate", pointsPerUnit = 2 }, new { type = "monthlyCap", points = 3000 });
        var answers = await AtOnce.RunAsync(600, i => (i % 5) switch
        {
            0 => Api.PutAsync($"/v1/accounts/mixed-{i % 3}", new { programId = "mixed" }),
            1 => EarnAsync($"mixed-{i % 3}", new { facts = new { amount = i } }),
            2 => SpendAsync($"mixed-{i % 3}", new { points = i }),
            3 => TransferAsync($"mixed-{i % 3}", $"mixed-{(i + 1) % 3}", 5),
            _ => EarnAsync($"mixed-{i % 3}", new { points = i }),
        });

        Assert.All(answers, answer => Assert.True(answer.Status < 500, answer.Text));
        await AssertNoDriftAsync();
    }

    [Fact]
    public async Task An_earn_sent_twenty_times_with_one_key_takes_effect_once()
    {
        await PutProgramAsync("once", new { type = "rate", pointsPerUnit = 3 });
        (await Api.PutAsync("/v1/accounts/earn-once", new { programId = "once" })).Expect(201);

        await AssertOnceAsync(() => EarnAsync("earn-once", new { facts = new { amount = 5, note = "x" } }, "earn-once"));

        Assert.Equal("422 idempotency-key-reused", (await EarnAsync("earn-once", new { facts = new { amount = 5, note = "y" } }, "earn-once")).Kind);
        Assert.Equal("422 idempotency-key-reused", (await EarnAsync("earn-once", new { points = 15 }, "earn-once")).Kind);
        await AssertConsistentAsync("earn-once", 15, 15);
    }

    [Fact]
    public async Task An_earn_that_opens_its_account_twenty_times_with_one_key_takes_effect_once()
    {
        await AssertOnceAsync(() => EarnAsync("opened-once", new { points = 9 }, "opened-once"));

        await AssertConsistentAsync("opened-once", 9, 9);
    }

    [Fact]
    public async Task A_spend_sent_twenty_times_with_one_key_takes_effect_once()
    {
        (await EarnAsync("spend-once", new { points = 30 }, "same-key")).Expect(201);

        // The key that an earn has used is another route's: it is free for a spend.
        await AssertOnceAsync(() => SpendAsync("spend-once", new { points = 20 }, "same-key"));

        Assert.Equal("422 idempotency-key-reused", (await SpendAsync("spend-once", new { points = 1 }, "same-key")).Kind);
        await AssertConsistentAsync("spend-once", 10, 30);
    }

    [Fact]
    public async Task A_transfer_sent_twenty_times_with_one_key_takes_effect_once()
    {
        (await EarnAsync("transfer-once-a", new { points = 30 })).Expect(201);
        (await EarnAsync("transfer-once-b", new { points = 30 })).Expect(201);

        var first = await AssertOnceAsync(() => TransferAsync("transfer-once-a", "transfer-once-b", 20, "transfer-once"));

        Assert.Equal(10, first.Json.GetProperty("from").GetProperty("balanceAfter").GetInt64());
        Assert.Equal(50, first.Json.GetProperty("to").GetProperty("balanceAfter").GetInt64());
        Assert.Equal("422 idempotency-key-reused", (await TransferAsync("transfer-once-b", "transfer-once-a", 20, "transfer-once")).Kind);
        Assert.Equal("422 idempotency-key-reused", (await TransferAsync("unknown", "transfer-once-a", 20, "transfer-once")).Kind);
        await AssertConsistentAsync("transfer-once-a", 10, 30);
        await AssertConsistentAsync("transfer-once-b", 50, 30);
    }

    [Fact]
    public async Task One_key_on_transfers_of_different_accounts_at_once_moves_points_once()
    {
        for (var i = 0; i < 8; i++)
        {
            (await EarnAsync($"one-key-{i}", new { points = 10 })).Expect(201);
        }

        var answers = await AtOnce.RunAsync(20, i => TransferAsync($"one-key-{i % 4}", $"one-key-{4 + (i % 4)}", 1, "one-key"));

        Assert.All(answers, answer => Assert.Contains(answer.Kind, new[] { "201", "422 idempotency-key-reused" }));
        Assert.Single(answers.Where(answer => answer.Status == 201).Select(answer => answer.Text).Distinct());
        Assert.Equal(5, answers.Count(answer => answer.Status == 201));
    }

    [Fact]
    public async Task A_program_and_an_account_put_twenty_times_at_once_are_made_once()
    {
        var programs = await AtOnce.RunAsync(20, i => Api.PutAsync("/v1/programs/put-at-once", new { rules = new[] { new { type = "firstOfDay", bonus = i } } }));
        Assert.Equal(new Dictionary<string, int> { ["201"] = 1, ["200"] = 19 }, programs.Tally());

        var accounts = await AtOnce.RunAsync(20, _ => Api.PutAsync("/v1/accounts/put-at-once", new { programId = "put-at-once" }));
        Assert.Equal(new Dictionary<string, int> { ["201"] = 1, ["200"] = 19 }, accounts.Tally());
    }

    private Task<ApiAnswer> EarnAsync(string accountId, object body, string? key = null) => Api.PostAsync($"/v1/accounts/{accountId}/earn", body, key);

    private Task<ApiAnswer> SpendAsync(string accountId, object body, string? key = null) => Api.PostAsync($"/v1/accounts/{accountId}/spend", body, key);

    private Task<ApiAnswer> TransferAsync(string fromAccountId, string toAccountId, long points, string? key = null) =>
        Api.PostAsync("/v1/transfers", new { fromAccountId, toAccountId, points }, key);

    private async Task PutProgramAsync(string programId, params object[] rules) => (await Api.PutAsync($"/v1/programs/{programId}", new { rules })).Expect(201);

    /// <summary>A slow machine answers some of a thousand with "busy": nothing happened, and a client sends it again.</summary>
    private static async Task<ApiAnswer> UntilDoneAsync(Func<Task<ApiAnswer>> call)
    {
        // Counted, not timed: the first answer alone may take as long as a change may wait.
        var answer = await call();
        for (var again = 0; again < 10 && answer.Kind == "503 busy"; again++)
        {
            answer = await call();
        }

        return answer;
    }

    /// <summary>Twenty at once: one effect, twenty times its answer.</summary>
    private static async Task<ApiAnswer> AssertOnceAsync(Func<Task<ApiAnswer>> call)
    {
        var answers = await AtOnce.RunAsync(20, _ => call());
        Assert.Equal(new Dictionary<string, int> { ["201"] = 20 }, answers.Tally());
        Assert.Single(answers.Select(answer => answer.Text).Distinct());
        Assert.Single(answers, answer => !answer.IsReplay);
        return answers[0];
    }

    private async Task AssertConsistentAsync(string accountId, long balance, long lifetime)
    {
        var account = (await Api.GetAsync($"/v1/accounts/{accountId}")).Expect(200);
        var entries = await Api.ListAsync($"/v1/accounts/{accountId}/entries", 50);
        Assert.Equal((balance, lifetime), (account.Number("balance"), account.Number("lifetime")));
        Assert.Equal(balance, entries.Sum(entry => entry.GetProperty("points").GetInt64()));
        Assert.Equal(balance, entries[0].GetProperty("balanceAfter").GetInt64());
        await AssertNoDriftAsync();
    }

    private async Task AssertNoDriftAsync()
    {
        var reconcile = server.Server.Services.GetServices<IReconcile>().OfType<PointsReconcile>().Single();
        Assert.Empty(await reconcile.FindAsync(TestContext.Current.CancellationToken).ToListAsync());
    }

    private static long ShareOf(JsonElement entry, string rule) =>
        entry.GetProperty("breakdown").EnumerateArray().Where(share => share.GetProperty("rule").GetString() == rule).Sum(share => share.GetProperty("points").GetInt64());
}
