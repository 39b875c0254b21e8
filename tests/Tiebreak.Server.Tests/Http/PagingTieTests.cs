using Tiebreak.Server.Tests.Support;

namespace Tiebreak.Server.Tests.Http;

/// <summary>One transaction decides many requests at one time, so a page may end among rows that came at the same moment.</summary>
public sealed class PagingTieTests(ExpiryMomentTests.StoppedServer server) : IClassFixture<ExpiryMomentTests.StoppedServer>
{
    private ApiClient Api => server.Api;

    [Fact]
    public async Task Members_and_invites_of_one_moment_each_stand_on_one_page()
    {
        var groupId = (await Api.PostAsync("/v1/groups", new { name = "Chess" })).Expect(201).String("id");
        var codes = new List<string>();
        var users = Enumerable.Range(0, 6).Select(i => $"user-{i}").ToList();
        foreach (var userId in users)
        {
            codes.Add((await Api.PostAsync($"/v1/groups/{groupId}/invites", new { maxUses = 2 })).Expect(201).String("code"));
            (await Api.PostAsync($"/v1/invites/{codes[^1]}/accept", new { userId })).Expect(200);
        }

        var members = await Api.ListAsync($"/v1/groups/{groupId}/members", limit: 4);
        var invites = await Api.ListAsync($"/v1/groups/{groupId}/invites", limit: 4);

        Assert.Single(members.Select(member => member.GetProperty("joinedAt").GetString()).Distinct());
        Assert.Equal(users, members.Select(member => member.GetProperty("userId").GetString()!).Order(StringComparer.Ordinal));
        Assert.Equal(codes.Order(StringComparer.Ordinal), invites.Select(invite => invite.GetProperty("code").GetString()!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_list_that_ends_with_its_page_has_no_next_one()
    {
        foreach (var points in new[] { 1, 2, 3 })
        {
            (await Api.PostAsync("/v1/accounts/full-page/earn", new { points })).Expect(201);
        }

        var full = (await Api.GetAsync("/v1/accounts/full-page/entries?limit=3")).Expect(200).Json;
        var cut = (await Api.GetAsync("/v1/accounts/full-page/entries?limit=2")).Expect(200).Json;

        Assert.Equal((3, (string?)null), (full.GetProperty("items").GetArrayLength(), full.GetProperty("next").GetString()));
        Assert.Equal(2, cut.GetProperty("items").GetArrayLength());
        Assert.NotNull(cut.GetProperty("next").GetString());
    }
}
