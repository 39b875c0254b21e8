using Tiebreak.Server.Tests.Support;

namespace Tiebreak.Server.Tests.Http;

public sealed class PagingTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private ApiClient Api => server.Api;

    [Fact]
    public async Task Groups_that_are_added_between_pages_neither_repeat_nor_hide_one() =>
        await CheckAsync("/v1/groups", "id", async i => (await Api.PostAsync("/v1/groups", new { name = $"Group {i}" })).Expect(201));

    [Fact]
    public async Task Invites_that_are_added_between_pages_neither_repeat_nor_hide_one()
    {
        var groupId = await NewGroupAsync();
        await CheckAsync($"/v1/groups/{groupId}/invites", "code", async _ => (await Api.PostAsync($"/v1/groups/{groupId}/invites", new { maxUses = 1 })).Expect(201));
    }

    [Fact]
    public async Task Members_and_uses_that_are_added_between_pages_neither_repeat_nor_hide_one()
    {
        var groupId = await NewGroupAsync();
        var code = (await Api.PostAsync($"/v1/groups/{groupId}/invites", new { maxUses = 1000 })).Expect(201).String("code");
        await CheckAsync($"/v1/groups/{groupId}/members", "userId", async i => (await Api.PostAsync($"/v1/invites/{code}/accept", new { userId = $"member-{i}" })).Expect(200));
        await CheckAsync($"/v1/invites/{code}/uses", "userId", async i => (await Api.PostAsync($"/v1/invites/{code}/accept", new { userId = $"use-{i}" })).Expect(200));
    }

    [Fact]
    public async Task Events_bookings_and_entries_that_are_added_between_pages_neither_repeat_nor_hide_one()
    {
        await CheckAsync("/v1/events", "id", async i => (await Api.PostAsync("/v1/events", new { name = $"Event {i}", capacity = 1 })).Expect(201));
        var eventId = (await Api.PostAsync("/v1/events", new { name = "Final", capacity = 1000 })).Expect(201).String("id");
        await CheckAsync($"/v1/events/{eventId}/bookings", "id", async i => (await Api.PostAsync($"/v1/events/{eventId}/bookings", new { buyerId = $"buyer-{i}" })).Expect(201));
        await CheckAsync("/v1/accounts/paged/entries", "id", async i => (await Api.PostAsync("/v1/accounts/paged/earn", new { points = i + 1 })).Expect(201));
    }

    [Fact]
    public async Task A_cursor_of_another_list_is_refused()
    {
        var groupId = await NewGroupAsync();
        await NewGroupAsync();
        var cursor = (await Api.GetAsync("/v1/groups?limit=1")).Expect(200).String("next");
        (await Api.PostAsync("/v1/accounts/foreign/earn", new { points = 1 })).Expect(201);
        foreach (var list in new[] { $"/v1/groups/{groupId}/members", $"/v1/groups/{groupId}/invites", "/v1/events", "/v1/accounts/foreign/entries" })
        {
            Assert.Equal("400 invalid-request", (await Api.GetAsync($"{list}?cursor={cursor}")).Kind);
        }
    }

    [Fact]
    public async Task A_cursor_of_another_group_event_or_account_is_refused()
    {
        var groups = new[] { await NewGroupAsync(), await NewGroupAsync() };
        var events = new List<string>();
        foreach (var account in new[] { "mine", "yours" })
        {
            events.Add((await Api.PostAsync("/v1/events", new { name = "Final", seats = new[] { "A", "B" } })).Expect(201).String("id"));
            (await Api.PostAsync($"/v1/events/{events[^1]}/bookings", new { buyerId = "ada", seats = new[] { "A" } })).Expect(201);
            (await Api.PostAsync($"/v1/events/{events[^1]}/bookings", new { buyerId = "ada", seats = new[] { "B" } })).Expect(201);
            (await Api.PostAsync($"/v1/accounts/{account}:1/earn", new { points = 1 })).Expect(201);
            (await Api.PostAsync($"/v1/accounts/{account}:1/earn", new { points = 1 })).Expect(201);
        }

        var codes = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            codes.Add((await Api.PostAsync($"/v1/groups/{groups[i / 2]}/invites", new { maxUses = 5 })).Expect(201).String("code"));
            (await Api.PostAsync($"/v1/invites/{codes[i]}/accept", new { userId = $"{codes[i]}-1" })).Expect(200);
            (await Api.PostAsync($"/v1/invites/{codes[i]}/accept", new { userId = $"{codes[i]}-2" })).Expect(200);
        }

        foreach (var (mine, yours) in new[]
        {
            ($"/v1/groups/{groups[0]}/members", $"/v1/groups/{groups[1]}/members"), ($"/v1/groups/{groups[0]}/invites", $"/v1/groups/{groups[1]}/invites"),
            ($"/v1/invites/{codes[0]}/uses", $"/v1/invites/{codes[3]}/uses"), ($"/v1/events/{events[0]}/seats", $"/v1/events/{events[1]}/seats"),
            ($"/v1/events/{events[0]}/bookings", $"/v1/events/{events[1]}/bookings"), ("/v1/accounts/mine:1/entries", "/v1/accounts/yours:1/entries"),
        })
        {
            var cursor = (await Api.GetAsync($"{mine}?limit=1")).Expect(200).String("next");
            (await Api.GetAsync($"{mine}?cursor={cursor}")).Expect(200);
            Assert.Equal("400 invalid-request", (await Api.GetAsync($"{yours}?cursor={cursor}")).Kind);
        }
    }

    [Fact]
    public async Task A_list_of_uses_goes_on_in_its_invite_when_the_code_is_given_out_again()
    {
        var groupId = await NewGroupAsync();
        var invite = new { maxUses = 3, code = "paged-again" };
        (await Api.PostAsync($"/v1/groups/{groupId}/invites", invite)).Expect(201);
        await AcceptAsync("first-1", "first-2", "first-3");
        var page = (await Api.GetAsync("/v1/invites/paged-again/uses?limit=1")).Expect(200);
        (await Api.PostAsync($"/v1/groups/{groupId}/invites", invite)).Expect(201);
        await AcceptAsync("second-1", "second-2");

        var rest = (await Api.GetAsync($"/v1/invites/paged-again/uses?cursor={page.String("next")}")).Expect(200);

        Assert.Equal(["first-2", "first-1"], rest.Json.GetProperty("items").EnumerateArray().Select(use => use.GetProperty("userId").GetString()));

        async Task AcceptAsync(params string[] users)
        {
            foreach (var userId in users)
            {
                (await Api.PostAsync("/v1/invites/paged-again/accept", new { userId })).Expect(200);
            }
        }
    }

    [Fact]
    public async Task Seats_come_in_the_order_in_which_they_were_given()
    {
        string[] seats = ["B2", "A10", "A2", "Z", "A1"];
        var eventId = (await Api.PostAsync("/v1/events", new { name = "Final", seats })).Expect(201).String("id");
        Assert.Equal(seats, (await Api.ListAsync($"/v1/events/{eventId}/seats", limit: 2)).Select(seat => seat.GetProperty("seat").GetString()));
    }

    /// <summary>Reads page after page while rows are added, and finds each row that was there before, once, newest first.</summary>
    private async Task CheckAsync(string list, string id, Func<int, Task<ApiAnswer>> addAsync)
    {
        var there = new List<string>();
        for (var i = 0; i < 11; i++)
        {
            there.Insert(0, (await addAsync(i)).String(id));
        }

        var seen = new List<string>();
        string? cursor = null;
        var added = 100;
        do
        {
            var page = (await Api.GetAsync($"{list}?limit=3{(cursor is null ? string.Empty : "&cursor=" + cursor)}")).Expect(200);
            seen.AddRange(page.Json.GetProperty("items").EnumerateArray().Select(item => item.GetProperty(id).GetString()!));
            cursor = page.Json.GetProperty("next").GetString();
            await addAsync(added++);
        }
        while (cursor is not null);

        Assert.Equal(seen.Count, seen.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(there, seen.Where(there.Contains));
    }

    private async Task<string> NewGroupAsync() => (await Api.PostAsync("/v1/groups", new { name = "Chess" })).Expect(201).String("id");
}
