using Tiebreak.Server.Tests.Support;

namespace Tiebreak.Server.Tests.Invites;

public abstract class InviteRaceTests(ServerFixture server)
{
    private ApiClient Api => server.Api;

    [Fact]
    public async Task Fifty_of_two_hundred_get_in_by_an_invite_with_fifty_uses()
    {
        var (groupId, code) = await NewInviteAsync(50);

        var answers = await AtOnce.RunAsync(200, i => AcceptAsync(code, $"fifty-{i}"));

        Assert.Equal(new Dictionary<string, int> { ["200"] = 50, ["409 invite-exhausted"] = 150 }, answers.Tally());
        var invite = (await Api.GetAsync($"/v1/invites/{code}")).Expect(200);
        Assert.Equal(50, invite.Number("uses"));
        Assert.Equal(0, invite.Number("usesLeft"));
        Assert.False(invite.Json.GetProperty("isActive").GetBoolean());
        var accepted = answers.Where(answer => answer.Status == 200).Select(answer => answer.String("userId")).Order();
        Assert.Equal(accepted, (await Api.ListAsync($"/v1/invites/{code}/uses")).Select(use => use.GetProperty("userId").GetString()!).Order());
        Assert.Equal(accepted, (await Api.ListAsync($"/v1/groups/{groupId}/members")).Select(member => member.GetProperty("userId").GetString()!).Order());
        Assert.Equal(50, (await Api.GetAsync($"/v1/groups/{groupId}")).Number("members"));
    }

    [Fact]
    public async Task A_user_who_accepts_twenty_invites_at_once_is_in_one_group()
    {
        var invites = new List<(string GroupId, string Code)>();
        for (var i = 0; i < 20; i++)
        {
            invites.Add(await NewInviteAsync(5));
        }

        var answers = await AtOnce.RunAsync(20, i => AcceptAsync(invites[i].Code, "twenty"));

        Assert.Equal(new Dictionary<string, int> { ["200"] = 1, ["409 already-a-member"] = 19 }, answers.Tally());
        var groupId = answers.Single(answer => answer.Status == 200).String("groupId");
        Assert.All(answers.Where(answer => answer.Status == 409), answer => Assert.Equal(groupId, answer.String("groupId")));
        var uses = await Task.WhenAll(invites.Select(async invite => (await Api.GetAsync($"/v1/invites/{invite.Code}")).Number("uses")));
        Assert.Equal(1, uses.Sum());
        var recorded = (await Task.WhenAll(invites.Select(invite => Api.ListAsync($"/v1/invites/{invite.Code}/uses")))).SelectMany(use => use);
        Assert.Equal("twenty", Assert.Single(recorded).GetProperty("userId").GetString());
        var members = (await Task.WhenAll(invites.Select(invite => Api.ListAsync($"/v1/groups/{invite.GroupId}/members")))).SelectMany(member => member);
        Assert.Equal(groupId, Assert.Single(members).GetProperty("groupId").GetString());
    }

    [Fact]
    public async Task Two_hundred_users_who_each_accept_four_invites_at_once_are_each_in_one_group()
    {
        var invites = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            invites.Add((await NewInviteAsync(1000)).Code);
        }

        var answers = await AtOnce.RunAsync(800, i => AcceptAsync(invites[i % 4], $"each-{i / 4}"));

        Assert.Equal(new Dictionary<string, int> { ["200"] = 200, ["409 already-a-member"] = 600 }, answers.Tally());
    }

    [Fact]
    public async Task An_accept_sent_twenty_times_with_one_key_takes_effect_once()
    {
        var (_, code) = await NewInviteAsync(50);

        var answers = await AtOnce.RunAsync(20, _ => AcceptAsync(code, "once", "accept-once"));

        Assert.All(answers, answer => Assert.Equal(200, answer.Status));
        Assert.Single(answers.Select(answer => answer.Text).Distinct());
        Assert.Single(answers, answer => !answer.IsReplay);
        Assert.Equal(1, (await Api.GetAsync($"/v1/invites/{code}")).Number("uses"));
        var other = await AcceptAsync(code, "somebody-else", "accept-once");
        Assert.Equal("422 idempotency-key-reused", other.Kind);
    }

    [Fact]
    public async Task The_first_answer_comes_again_after_the_invite_is_used_up_and_the_user_has_left()
    {
        var (groupId, code) = await NewInviteAsync(1);
        var first = (await AcceptAsync(code, "leaver", "leaver-1")).Expect(200);
        (await Api.DeleteAsync($"/v1/groups/{groupId}/members/leaver")).Expect(204);

        var again = await AcceptAsync(code, "leaver", "leaver-1");

        Assert.True(again.IsReplay);
        Assert.Equal(first.Text, again.Text);
        Assert.Equal(0, (await Api.GetAsync($"/v1/groups/{groupId}")).Number("members"));
    }

    [Fact]
    public async Task A_group_and_an_invite_asked_for_twenty_times_with_one_key_are_made_once()
    {
        var groups = await AtOnce.RunAsync(20, _ => Api.PostAsync("/v1/groups", new { name = "Once" }, "group-once"));
        Assert.All(groups, answer => Assert.Equal(201, answer.Status));
        var groupId = Assert.Single(groups.Select(answer => answer.String("id")).Distinct());
        Assert.Equal("422 idempotency-key-reused", (await Api.PostAsync("/v1/groups", new { name = "Twice" }, "group-once")).Kind);

        var invites = await AtOnce.RunAsync(20, _ => Api.PostAsync($"/v1/groups/{groupId}/invites", new { maxUses = 3 }, "invite-once"));
        Assert.All(invites, answer => Assert.Equal(201, answer.Status));
        Assert.Single(invites.Select(answer => answer.Text).Distinct());
        Assert.Single(await Api.ListAsync($"/v1/groups/{groupId}/invites"));
    }

    [Fact]
    public async Task Of_two_invites_made_at_once_with_one_code_one_is_refused()
    {
        var groupId = await NewGroupAsync();
        for (var round = 0; round < 20; round++)
        {
            var code = $"same-code-{round}";
            var answers = await AtOnce.RunAsync(2, _ => Api.PostAsync($"/v1/groups/{groupId}/invites", new { maxUses = 1, code }));
            Assert.Equal(new Dictionary<string, int> { ["201"] = 1, ["409 code-in-use"] = 1 }, answers.Tally());
        }
    }

    [Fact]
    public async Task A_code_may_be_given_out_again_once_its_invite_is_used_up_revoked_or_expired()
    {
        var groupId = await NewGroupAsync();
        var body = new { maxUses = 1, code = "again-and-again" };
        (await Api.PostAsync($"/v1/groups/{groupId}/invites", body)).Expect(201);
        Assert.Equal("409 code-in-use", (await Api.PostAsync($"/v1/groups/{groupId}/invites", body)).Kind);
        (await AcceptAsync(body.code, "again-1")).Expect(200);
        (await Api.PostAsync($"/v1/groups/{groupId}/invites", body)).Expect(201);
        (await Api.DeleteAsync($"/v1/invites/{body.code}")).Expect(204);
        Assert.Equal("410 invite-revoked", (await AcceptAsync(body.code, "again-2")).Kind);
        (await Api.PostAsync($"/v1/groups/{groupId}/invites", new { body.maxUses, body.code, expiresAt = server.Time.GetUtcNow().AddHours(1) })).Expect(201);
        server.Time.Forward(TimeSpan.FromHours(2));
        Assert.Equal("410 invite-expired", (await AcceptAsync(body.code, "again-2")).Kind);
        (await Api.PostAsync($"/v1/groups/{groupId}/invites", body)).Expect(201);
        (await AcceptAsync(body.code, "again-2")).Expect(200);
        Assert.Equal(4, (await Api.ListAsync($"/v1/groups/{groupId}/invites")).Count);
    }

    [Fact]
    public async Task An_accept_against_a_revoke_ends_as_one_of_the_two_orders()
    {
        for (var round = 0; round < 30; round++)
        {
            var (_, code) = await NewInviteAsync(10);
            var user = $"revoke-{round}";

            var answers = await AtOnce.RunAsync(2, i => i == 0 ? AcceptAsync(code, user) : Api.DeleteAsync($"/v1/invites/{code}"));

            Assert.Equal(204, answers[1].Status);
            var uses = (await Api.GetAsync($"/v1/invites/{code}")).Number("uses");
            Assert.Contains((answers[0].Kind, uses), new[] { ("200", 1L), ("410 invite-revoked", 0L) });
            Assert.Equal("410 invite-revoked", (await AcceptAsync(code, user + "-later")).Kind);
        }
    }

    [Fact]
    public async Task An_accept_at_the_moment_of_expiry_ends_as_one_of_the_two_orders()
    {
        for (var round = 0; round < 20; round++)
        {
            var groupId = await NewGroupAsync();
            var expiresAt = server.Time.GetUtcNow().AddMinutes(10);
            var code = (await Api.PostAsync($"/v1/groups/{groupId}/invites", new { maxUses = 100, expiresAt })).Expect(201).String("code");

            var answers = await AtOnce.RunAsync(10, i =>
            {
                if (i == 5)
                {
                    server.Time.Forward(TimeSpan.FromMinutes(10));
                }

                return AcceptAsync(code, $"expiry-{round}-{i}");
            });

            Assert.All(answers, answer => Assert.Contains(answer.Kind, new[] { "200", "410 invite-expired" }));
            Assert.All(answers.Where(answer => answer.Status == 200), answer => Assert.True(answer.Json.GetProperty("acceptedAt").GetDateTimeOffset() < expiresAt));
            Assert.Equal(answers.Count(answer => answer.Status == 200), (await Api.GetAsync($"/v1/invites/{code}")).Number("uses"));
            Assert.Equal("410 invite-expired", (await AcceptAsync(code, $"expiry-{round}-late")).Kind);
        }
    }

    [Fact]
    public async Task An_accept_against_the_making_of_its_code_ends_as_one_of_the_two_orders()
    {
        var groupId = await NewGroupAsync();
        for (var round = 0; round < 20; round++)
        {
            var code = $"made-while-accepted-{round}";

            var answers = await AtOnce.RunAsync(2, i => i == 0
                ? AcceptAsync(code, $"made-{round}")
                : Api.PostAsync($"/v1/groups/{groupId}/invites", new { maxUses = 1, code }));

            Assert.Equal(201, answers[1].Status);
            var uses = (await Api.GetAsync($"/v1/invites/{code}")).Number("uses");
            Assert.Contains((answers[0].Kind, uses), new[] { ("200", 1L), ("404 invite-not-found", 0L) });
        }
    }

    [Fact]
    public async Task Leaving_ten_times_at_once_and_coming_back_counts_each_step_once()
    {
        var (groupId, code) = await NewInviteAsync(100);
        for (var round = 0; round < 5; round++)
        {
            (await AcceptAsync(code, "back-and-forth")).Expect(200);
            var answers = await AtOnce.RunAsync(10, _ => Api.DeleteAsync($"/v1/groups/{groupId}/members/back-and-forth"));
            Assert.All(answers, answer => Assert.Equal(204, answer.Status));
            Assert.Equal(0, (await Api.GetAsync($"/v1/groups/{groupId}")).Number("members"));
        }

        Assert.Equal(5, (await Api.GetAsync($"/v1/invites/{code}")).Number("uses"));
    }

    [Fact]
    public async Task Leaving_and_coming_in_again_at_once_keeps_members_and_uses_in_step()
    {
        var (groupId, code) = await NewInviteAsync(1000);
        (await AcceptAsync(code, "in-and-out")).Expect(200);

        var answers = await AtOnce.RunAsync(60, i => i % 2 == 0 ? AcceptAsync(code, "in-and-out") : Api.DeleteAsync($"/v1/groups/{groupId}/members/in-and-out"));

        Assert.DoesNotContain(answers, answer => answer.Status >= 500);
        var members = (await Api.ListAsync($"/v1/groups/{groupId}/members")).Count;
        Assert.Equal(members, (await Api.GetAsync($"/v1/groups/{groupId}")).Number("members"));
        Assert.Equal((await Api.ListAsync($"/v1/invites/{code}/uses")).Count, (await Api.GetAsync($"/v1/invites/{code}")).Number("uses"));
    }

    private Task<ApiAnswer> AcceptAsync(string code, string userId, string? key = null) => Api.PostAsync($"/v1/invites/{code}/accept", new { userId }, key);

    private async Task<string> NewGroupAsync() => (await Api.PostAsync("/v1/groups", new { name = "Chess" })).Expect(201).String("id");

    private async Task<(string GroupId, string Code)> NewInviteAsync(int maxUses)
    {
        var groupId = await NewGroupAsync();
        return (groupId, (await Api.PostAsync($"/v1/groups/{groupId}/invites", new { maxUses })).Expect(201).String("code"));
    }
}
