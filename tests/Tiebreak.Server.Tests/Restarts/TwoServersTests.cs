using Microsoft.Extensions.DependencyInjection;
using Tiebreak.Server.Systems;
using Tiebreak.Server.Tests.Support;

namespace Tiebreak.Server.Tests.Restarts;

/// <summary>What one server promises, two on one database keep: nothing that decides is in a process's memory.</summary>
public sealed class TwoServersTests(TwoServers servers) : IClassFixture<TwoServers>
{
    [Fact]
    public async Task Fifty_of_two_hundred_get_in_by_an_invite_with_fifty_uses()
    {
        var code = await NewInviteAsync(50);

        var answers = await AtOnce.RunAsync(200, i => servers.Api(i).PostAsync($"/v1/invites/{code}/accept", new { userId = $"fifty-{i}" }));

        Assert.Equal(new Dictionary<string, int> { ["200"] = 50, ["409 invite-exhausted"] = 150 }, answers.Tally());
        Assert.Equal(50, (await OnBothAsync($"/v1/invites/{code}")).Number("uses"));
        Assert.Equal(50, (await servers.Api(1).ListAsync($"/v1/invites/{code}/uses")).Count);
        await AssertNoDriftAsync();
    }

    [Fact]
    public async Task A_hundred_of_five_hundred_buyers_get_a_place_of_a_hundred()
    {
        var eventId = (await servers.Api(0).PostAsync("/v1/events", new { name = "Final", capacity = 100 })).Expect(201).String("id");

        var answers = await AtOnce.RunAsync(500, i => servers.Api(i).PostAsync($"/v1/events/{eventId}/bookings", new { buyerId = $"buyer-{i}" }));

        Assert.Equal(new Dictionary<string, int> { ["201"] = 100, ["409 sold-out"] = 400 }, answers.Tally());
        var shown = await OnBothAsync($"/v1/events/{eventId}");
        Assert.Equal((100, 0), (shown.Number("booked"), shown.Number("available")));
        Assert.Equal(100, (await servers.Api(1).ListAsync($"/v1/events/{eventId}/bookings")).Count);
        await AssertNoDriftAsync();
    }

    [Fact]
    public async Task A_user_who_accepts_twenty_invites_at_once_is_in_one_group()
    {
        for (var round = 0; round < 5; round++)
        {
            var codes = new List<string>();
            for (var i = 0; i < 20; i++)
            {
                codes.Add(await NewInviteAsync(5));
            }

            var answers = await AtOnce.RunAsync(20, i => servers.Api(i).PostAsync($"/v1/invites/{codes[i]}/accept", new { userId = $"twenty-{round}" }));

            Assert.Equal(new Dictionary<string, int> { ["200"] = 1, ["409 already-a-member"] = 19 }, answers.Tally());
            var groupId = answers.Single(answer => answer.Status == 200).String("groupId");
            Assert.All(answers.Where(answer => answer.Status == 409), answer => Assert.Equal(groupId, answer.String("groupId")));
        }

        await AssertNoDriftAsync();
    }

    [Fact]
    public async Task An_earn_sent_twenty_times_with_one_key_takes_effect_once()
    {
        for (var round = 0; round < 5; round++)
        {
            // The first earn opens the account: there is no row yet that the two servers could wait for each other on.
            var account = $"/v1/accounts/once-{round}";
            var answers = await AtOnce.RunAsync(20, i => servers.Api(i).PostAsync($"{account}/earn", new { points = 7 }, "once"));

            Assert.Equal(new Dictionary<string, int> { ["201"] = 20 }, answers.Tally());
            Assert.Single(answers.Select(answer => answer.Text).Distinct());
            Assert.Single(answers, answer => !answer.IsReplay);
            Assert.Equal(7, (await OnBothAsync(account)).Number("balance"));
            Assert.Single(await servers.Api(0).ListAsync($"{account}/entries"));
        }

        await AssertNoDriftAsync();
    }

    [Fact]
    public async Task Transfers_in_both_directions_at_once_keep_the_total()
    {
        for (var i = 0; i < 4; i++)
        {
            (await servers.Api(i).PostAsync($"/v1/accounts/circle-{i}/earn", new { points = 100 })).Expect(201);
        }

        var answers = await AtOnce.RunAsync(400, i => servers.Api(i / 4).PostAsync(
            "/v1/transfers", new { fromAccountId = $"circle-{i % 4}", toAccountId = $"circle-{(i + 1 + (i / 8 % 3)) % 4}", points = 1 + (i % 37) }));

        // Whether one comes too early for its points depends on the order; that nothing else is answered does not.
        Assert.Subset(new HashSet<string>(StringComparer.Ordinal) { "201", "409 insufficient-points" }, answers.Select(answer => answer.Kind).ToHashSet(StringComparer.Ordinal));
        long total = 0;
        for (var i = 0; i < 4; i++)
        {
            total += (await OnBothAsync($"/v1/accounts/circle-{i}")).Number("balance");
        }

        Assert.Equal(400, total);
        await AssertNoDriftAsync();
    }

    private async Task<string> NewInviteAsync(int maxUses)
    {
        var groupId = (await servers.Api(0).PostAsync("/v1/groups", new { name = "Chess" })).Expect(201).String("id");
        return (await servers.Api(1).PostAsync($"/v1/groups/{groupId}/invites", new { maxUses })).Expect(201).String("code");
    }

    /// <summary>What both servers show, which is the same.</summary>
    private async Task<ApiAnswer> OnBothAsync(string path)
    {
        var (one, other) = ((await servers.Api(0).GetAsync(path)).Expect(200), (await servers.Api(1).GetAsync(path)).Expect(200));
        Assert.Equal(one.Text, other.Text);
        return one;
    }

    private async Task AssertNoDriftAsync()
    {
        foreach (var system in servers.Servers[0].Services.GetServices<IReconcile>())
        {
            Assert.Empty(await system.FindAsync(TestContext.Current.CancellationToken).ToListAsync());
        }
    }
}
