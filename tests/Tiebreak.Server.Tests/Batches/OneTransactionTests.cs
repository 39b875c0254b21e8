using Tiebreak.Server.Invites;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Points;
using Tiebreak.Server.Tickets;

namespace Tiebreak.Server.Tests.Batches;

/// <summary>
/// What the unique indexes would put right in the end, a batch does right at once: else it is thrown away and tried
/// again in halves, and two batches that meet wait for each other until one is a deadlock's victim.
/// </summary>
public sealed class OneTransactionTests(OneLane lane) : IClassFixture<OneLane>
{
    [Fact]
    public async Task Accepts_with_one_key_are_decided_in_their_batch()
    {
        var (code, group) = await NewInviteAsync();

        var answers = await lane.TogetherAsync(Accept(code, "key-a", OneLane.Key("k")), Accept(code, "key-a", OneLane.Key("k")), Accept(code, "key-b"), Accept(code, "key-b"));

        Assert.Equal(["ok", "again", "ok", "already-a-member"], await answers.KindsAsync());
        Assert.Equal(1, await lane.NumberAsync($"SELECT count(DISTINCT xmin::text) FROM invite_uses WHERE group_id = '{group}'"));
    }

    [Fact]
    public async Task Bookings_with_one_key_are_decided_in_their_batch()
    {
        var eventId = (await lane.Operation<CreateEvent>().RunAsync(new CreateEvent.Request("Final", 10, null, null, Identity.None), CancellationToken.None)).Value!.Id;

        var answers = await lane.TogetherAsync(Book(eventId, "ada", OneLane.Key("k")), Book(eventId, "ada", OneLane.Key("k")), Book(eventId, "bob"));

        Assert.Equal(["ok", "again", "ok"], await answers.KindsAsync());
        Assert.Equal(1, await lane.NumberAsync($"SELECT count(DISTINCT xmin::text) FROM bookings WHERE event_id = '{eventId}'"));
    }

    [Fact]
    public async Task Earns_and_spends_with_one_key_are_decided_in_their_batch()
    {
        var earns = await lane.TogetherAsync(Earn("one-a", OneLane.Key("k")), Earn("one-a", OneLane.Key("k")), Earn("one-b"));
        var spends = await lane.TogetherAsync(Spend("one-a", OneLane.Key("k")), Spend("one-a", OneLane.Key("k")), Spend("one-b"));

        Assert.Equal(["ok", "again", "ok"], await earns.KindsAsync());
        Assert.Equal(["ok", "again", "ok"], await spends.KindsAsync());
        Assert.Equal(1, await lane.NumberAsync("SELECT count(DISTINCT xmin::text) FROM entries WHERE account_id LIKE 'one-%' AND points > 0"));
        Assert.Equal(1, await lane.NumberAsync("SELECT count(DISTINCT xmin::text) FROM entries WHERE account_id LIKE 'one-%' AND points < 0"));
    }

    [Fact]
    public async Task Transfers_with_one_key_are_decided_in_their_batch()
    {
        await (await lane.TogetherAsync(Earn("from-a"), Earn("from-b"), Earn("to"))).KindsAsync();

        var answers = await lane.TogetherAsync(Transfer("from-a", "to", OneLane.Key("k")), Transfer("from-a", "to", OneLane.Key("k")), Transfer("from-b", "to"));

        Assert.Equal(["ok", "again", "ok"], await answers.KindsAsync());
        Assert.Equal((await answers[0]).Value, (await answers[1]).Value);
        Assert.Equal(1, await lane.NumberAsync("SELECT count(DISTINCT xmin::text) FROM entries WHERE account_id LIKE 'from-%' AND points < 0"));
    }

    [Fact]
    public async Task A_user_who_leaves_twice_is_counted_once_in_their_batch()
    {
        var ((one, group), (two, other)) = (await NewInviteAsync(), await NewInviteAsync());
        await (await lane.TogetherAsync(Accept(one, "leave-a"), Accept(two, "leave-b"))).KindsAsync();

        await Task.WhenAll(await lane.TogetherAsync(Leave(group, "leave-a", one), Leave(group, "leave-a", one), Leave(other, "leave-b", two)));

        Assert.Equal(2, await lane.NumberAsync($"SELECT sum(departures) FROM invites WHERE code IN ('{one}', '{two}')"));
        Assert.Equal(1, await lane.NumberAsync($"SELECT count(DISTINCT xmin::text) FROM invites WHERE code IN ('{one}', '{two}')"));
    }

    [Fact]
    public async Task Rows_that_another_batch_may_add_too_are_added_in_the_order_of_their_keys()
    {
        string[] names = ["order-c", "order-a", "order-d", "order-b"];
        var invites = new List<string>();
        foreach (var _ in names)
        {
            invites.Add((await NewInviteAsync()).Code);
        }

        await (await lane.TogetherAsync([.. names.Select((name, i) => Accept(invites[i], name))])).KindsAsync();
        await (await lane.TogetherAsync([.. names.Select(name => Earn(name))])).KindsAsync();
        await (await lane.TogetherAsync([.. names.Select(name => Put("put-" + name))])).KindsAsync();
        await (await lane.TogetherAsync([.. names.Select(name => Group(OneLane.Key(name)))])).KindsAsync();

        await AssertInOrderAsync("memberships", "user_id", "order-");
        await AssertInOrderAsync("accounts", "id", "order-");
        await AssertInOrderAsync("accounts", "id", "put-");
        await AssertInOrderAsync("request_keys", "idempotency_key", "order-");
    }

    /// <summary>A row's place in the table says when it came: what the other tests delete here leaves a place to nobody before a vacuum.</summary>
    private async Task AssertInOrderAsync(string table, string key, string prefix)
    {
        Assert.Equal(4, await lane.NumberAsync($"SELECT count(*) FROM {table} WHERE {key} LIKE '{prefix}%'"));
        Assert.Equal(0, await lane.NumberAsync(
            $"SELECT count(*) FROM (SELECT {key} AS one, lag({key}) OVER (ORDER BY ctid) AS former FROM {table} WHERE {key} LIKE '{prefix}%') rows WHERE former > one"));
    }

    private async Task<(string Code, Guid Group)> NewInviteAsync()
    {
        var group = (await Group(Identity.None)()).Value!.Id;
        var invite = await lane.Operation<CreateInvite>().RunAsync(new CreateInvite.Request(group, InviteRules.MakeCode(), 10, null, Identity.None), CancellationToken.None);
        return (invite.Value!.Code, group);
    }

    private Func<Task<Outcome<GroupModel>>> Group(Identity key) =>
        () => lane.Operation<CreateGroup>().RunAsync(new CreateGroup.Request("Group", key), CancellationToken.None);

    private Func<Task<Outcome<Acceptance>>> Accept(string code, string user, Identity? key = null) =>
        () => lane.Operation<AcceptInvite>().RunAsync(new AcceptInvite.Request(code, user, key ?? Identity.None), CancellationToken.None);

    private Func<Task<Outcome<Done>?>> Leave(Guid group, string user, string code) =>
        () => lane.Operation<LeaveGroup>().RunAsync(new LeaveGroup.Request(group, user, new LeaveGroup.Door(code, 1)), CancellationToken.None);

    private Func<Task<Outcome<BookingModel>>> Book(Guid eventId, string buyer, Identity? key = null) =>
        () => lane.Operation<BookTickets>().RunAsync(new BookTickets.Request(eventId, new Wish(buyer, 1, null, null), key ?? Identity.None), CancellationToken.None);

    private Func<Task<Outcome<EntryModel>>> Earn(string account, Identity? key = null) =>
        () => lane.Operation<EarnPoints>().RunAsync(new EarnPoints.Request(account, 5, null, null, key ?? Identity.None), CancellationToken.None);

    private Func<Task<Outcome<EntryModel>>> Spend(string account, Identity? key = null) =>
        () => lane.Operation<SpendPoints>().RunAsync(new SpendPoints.Request(account, 2, null, key ?? Identity.None), CancellationToken.None);

    private Func<Task<Outcome<TransferModel>>> Transfer(string from, string to, Identity? key = null) =>
        () => lane.Operation<TransferPoints>().RunAsync(new TransferPoints.Request(from, to, 1, null, key ?? Identity.None), CancellationToken.None);

    private Func<Task<Outcome<Saved<AccountModel>>>> Put(string account) =>
        () => lane.Operation<PutAccount>().RunAsync(new PutAccount.Request(account, null), CancellationToken.None);
}
