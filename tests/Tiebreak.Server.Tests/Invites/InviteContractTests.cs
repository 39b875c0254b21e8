using Tiebreak.Server.Tests.Support;

namespace Tiebreak.Server.Tests.Invites;

public sealed class InviteContractTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private ApiClient Api => server.Api;

    [Fact]
    public async Task A_user_is_not_taken_out_of_another_group_than_the_one_that_is_named()
    {
        var (mine, code) = await NewInviteAsync(5);
        var (other, _) = await NewInviteAsync(5);
        (await AcceptAsync(code, "ada")).Expect(200);

        (await Api.DeleteAsync($"/v1/groups/{other}/members/ada")).Expect(204);
        (await Api.DeleteAsync($"/v1/groups/{mine}/members/nobody")).Expect(204);
        Assert.Equal("404 group-not-found", (await Api.DeleteAsync($"/v1/groups/{Guid.NewGuid()}/members/ada")).Kind);

        Assert.Equal(1, (await Api.GetAsync($"/v1/groups/{mine}")).Number("members"));
        Assert.Equal("ada", Assert.Single(await Api.ListAsync($"/v1/groups/{mine}/members")).GetProperty("userId").GetString());
    }

    [Fact]
    public async Task Leaving_lets_a_user_in_elsewhere_and_gives_no_use_back()
    {
        var (first, code) = await NewInviteAsync(1);
        var (second, next) = await NewInviteAsync(1);
        (await AcceptAsync(code, "bob")).Expect(200);
        var refused = await AcceptAsync(next, "bob");
        Assert.Equal(("409 already-a-member", first), (refused.Kind, refused.String("groupId")));

        (await Api.DeleteAsync($"/v1/groups/{first}/members/bob")).Expect(204);

        Assert.Equal("409 invite-exhausted", (await AcceptAsync(code, "bob")).Kind);
        Assert.Equal(second, (await AcceptAsync(next, "bob")).Expect(200).String("groupId"));
        Assert.Equal((0, 1), ((await Api.GetAsync($"/v1/groups/{first}")).Number("members"), (await Api.GetAsync($"/v1/groups/{second}")).Number("members")));
    }

    private Task<ApiAnswer> AcceptAsync(string code, string userId) => Api.PostAsync($"/v1/invites/{code}/accept", new { userId });

    private async Task<(string GroupId, string Code)> NewInviteAsync(int maxUses)
    {
        var groupId = (await Api.PostAsync("/v1/groups", new { name = "Chess" })).Expect(201).String("id");
        return (groupId, (await Api.PostAsync($"/v1/groups/{groupId}/invites", new { maxUses })).Expect(201).String("code"));
    }
}
