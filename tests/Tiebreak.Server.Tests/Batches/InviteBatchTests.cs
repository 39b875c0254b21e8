using Npgsql;
using Tiebreak.Server.Invites;
using Tiebreak.Server.Outcomes;

namespace Tiebreak.Server.Tests.Batches;

public sealed class InviteBatchTests(OneLane lane) : IClassFixture<OneLane>
{
    [Fact]
    public async Task Accepts_of_several_invites_are_decided_in_order_in_one_transaction()
    {
        var group = await NewGroupAsync();
        var (two, many) = (await NewInviteAsync(group, 2), await NewInviteAsync(group, 10));

        var answers = await lane.TogetherAsync(
            Accept(two, $"{two}-a"), Accept(many, $"{two}-b"), Accept(two, $"{two}-c"), Accept(two, $"{two}-d"),
            Accept("no-such-code", $"{two}-e"), Accept(many, $"{two}-a"), Accept(many, $"{two}-f"));

        Assert.Equal(["ok", "ok", "ok", "invite-exhausted", "invite-not-found", "already-a-member", "ok"], await answers.KindsAsync());
        Assert.Equal(2, await lane.NumberAsync($"SELECT uses FROM invites WHERE code = '{two}' AND NOT is_active"));
        Assert.Equal(2, await lane.NumberAsync($"SELECT uses FROM invites WHERE code = '{many}' AND is_active"));
        Assert.Equal(4, await lane.NumberAsync($"SELECT count(*) FROM memberships WHERE group_id = '{group}'"));
        Assert.Equal(1, await lane.NumberAsync($"SELECT count(DISTINCT xmin::text) FROM invite_uses WHERE group_id = '{group}'"));
    }

    [Fact]
    public async Task A_key_that_comes_twice_in_one_batch_takes_one_use_and_answers_both()
    {
        var group = await NewGroupAsync();
        var code = await NewInviteAsync(group, 10);

        var answers = await lane.TogetherAsync(
            Accept(code, $"{code}-a", OneLane.Key("k1")), Accept(code, $"{code}-a", OneLane.Key("k1")), Accept(code, $"{code}-b", OneLane.Key("k1", payload: 1)));
        var later = await lane.TogetherAsync(Accept(code, $"{code}-c", OneLane.Key("k2")), Accept(code, $"{code}-a", OneLane.Key("k1")));

        Assert.Equal(["ok", "again", "idempotency-key-reused"], await answers.KindsAsync());
        Assert.Equal(["ok", "again"], await later.KindsAsync());
        Assert.Equal((await answers[0]).Value, (await later[1]).Value);
        Assert.Equal(2, await lane.NumberAsync($"SELECT uses FROM invites WHERE code = '{code}'"));
    }

    [Fact]
    public async Task A_membership_that_somebody_else_adds_meanwhile_has_the_batch_decided_again()
    {
        var group = await NewGroupAsync();
        var code = await NewInviteAsync(group, 10);
        await using var other = new NpgsqlConnection(lane.ConnectionString);
        await other.OpenAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await using (var insert = new NpgsqlCommand($"INSERT INTO memberships VALUES ('{code}-b', '{group}', 'elsewhere', 1, now())", other, transaction))
        {
            await insert.ExecuteNonQueryAsync();
        }

        var together = lane.TogetherAsync(Accept(code, $"{code}-a"), Accept(code, $"{code}-b"), Accept(code, $"{code}-c"));
        await Tiebreak.Server.Tests.Support.Eventually.TrueAsync(
            async () => await lane.NumberAsync("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%INSERT INTO memberships%'") > 0,
            "the batch waits for the other's membership");
        await transaction.CommitAsync();

        Assert.Equal(["ok", "already-a-member", "ok"], await (await together).KindsAsync());
        Assert.Equal(2, await lane.NumberAsync($"SELECT uses FROM invites WHERE code = '{code}'"));
    }

    [Fact]
    public async Task A_value_that_the_database_refuses_fails_its_request_alone()
    {
        var group = await NewGroupAsync();
        var code = await NewInviteAsync(group, 10);

        var answers = await lane.TogetherAsync(
            Accept(code, $"{code}-a"), Accept(code, $"{code}-b"), Accept(code, $"{code}-\0"), Accept(code, $"{code}-c"));

        Assert.Equal(["ok", "ok", "ok"], await new[] { answers[0], answers[1], answers[3] }.KindsAsync());
        Assert.Equal(PostgresErrorCodes.CharacterNotInRepertoire, Assert.IsType<PostgresException>((await Record.ExceptionAsync(() => answers[2]))!.GetBaseException()).SqlState);
        Assert.Equal(3, await lane.NumberAsync($"SELECT uses FROM invites WHERE code = '{code}'"));
    }

    [Fact]
    public async Task Those_who_leave_by_several_doors_are_counted_at_each()
    {
        var group = await NewGroupAsync();
        var (one, two) = (await NewInviteAsync(group, 5), await NewInviteAsync(group, 5));
        await (await lane.TogetherAsync(Accept(one, $"{one}-a"), Accept(one, $"{one}-b"), Accept(two, $"{one}-c"))).KindsAsync();

        var left = await Task.WhenAll(await lane.TogetherAsync(
            Leave(group, $"{one}-a", one), Leave(group, $"{one}-c", two), Leave(group, $"{one}-b", one), Leave(group, $"{one}-a", one), Leave(group, $"{one}-b", two), Leave(Guid.NewGuid(), $"{one}-b", one)));

        Assert.Equal(["ok", "ok", "ok", "ok", "ok", "group-not-found"], left.Select(outcome => outcome!.IsAccepted ? "ok" : outcome.Refusal!.Kind.Code));
        Assert.Equal(2, await lane.NumberAsync($"SELECT departures FROM invites WHERE code = '{one}'"));
        Assert.Equal(1, await lane.NumberAsync($"SELECT departures FROM invites WHERE code = '{two}'"));
        Assert.Equal(0, await lane.NumberAsync($"SELECT count(*) FROM memberships WHERE group_id = '{group}'"));
    }

    [Fact]
    public async Task One_who_came_in_by_another_door_than_was_thought_is_asked_for_again()
    {
        var group = await NewGroupAsync();
        var (one, two) = (await NewInviteAsync(group, 5), await NewInviteAsync(group, 5));
        await (await lane.TogetherAsync(Accept(one, $"{one}-a"))).KindsAsync();

        var left = await Task.WhenAll(await lane.TogetherAsync(Leave(group, $"{one}-a", two)));

        Assert.Null(Assert.Single(left));
        Assert.Equal(0, await lane.NumberAsync($"SELECT sum(departures) FROM invites WHERE group_id = '{group}'"));
        Assert.Equal(1, await lane.NumberAsync($"SELECT count(*) FROM memberships WHERE group_id = '{group}'"));
    }

    [Fact]
    public async Task A_code_goes_to_the_first_who_asks_and_an_expired_holder_gives_it_up()
    {
        var group = await NewGroupAsync();
        var past = lane.Time.GetUtcNow().AddMinutes(-1);
        var code = await NewInviteAsync(group, 5, past);

        var answers = await lane.TogetherAsync(
            Create(group, code, past), Create(group, code), Create(group, code), Create(group, $"{code}-new", key: OneLane.Key(code)), Create(group, $"{code}-new", key: OneLane.Key(code)), Create(Guid.NewGuid(), $"{code}-lost"));

        Assert.Equal(["ok", "ok", "code-in-use", "ok", "again", "group-not-found"], await answers.KindsAsync());
        Assert.Equal(3, await lane.NumberAsync($"SELECT generation FROM invites WHERE code = '{code}' AND is_active"));
        Assert.Equal(["again"], await (await lane.TogetherAsync(Create(group, $"{code}-new", key: OneLane.Key(code)))).KindsAsync());
    }

    [Fact]
    public async Task Invites_are_revoked_together_and_unknown_codes_are_refused()
    {
        var group = await NewGroupAsync();
        var (one, two) = (await NewInviteAsync(group, 5), await NewInviteAsync(group, 5));

        var answers = await lane.TogetherAsync(Revoke(one), Revoke(two), Revoke(one), Revoke("no-such-code"));
        var later = await lane.TogetherAsync(Revoke(one));

        Assert.Equal(["ok", "ok", "ok", "invite-not-found"], await answers.KindsAsync());
        Assert.Equal(["ok"], await later.KindsAsync());
        Assert.Equal(2, await lane.NumberAsync($"SELECT count(*) FROM invites WHERE group_id = '{group}' AND revoked_at IS NOT NULL AND NOT is_active"));
    }

    private async Task<Guid> NewGroupAsync() =>
        (await lane.Operation<CreateGroup>().RunAsync(new CreateGroup.Request("Group", Identity.None), CancellationToken.None)).Value!.Id;

    private async Task<string> NewInviteAsync(Guid group, int maxUses, DateTimeOffset? expiresAt = null) =>
        (await lane.Operation<CreateInvite>().RunAsync(new CreateInvite.Request(group, InviteRules.MakeCode(), maxUses, expiresAt, Identity.None), CancellationToken.None)).Value!.Code;

    private Func<Task<Outcome<Acceptance>>> Accept(string code, string user, Identity? key = null) =>
        () => lane.Operation<AcceptInvite>().RunAsync(new AcceptInvite.Request(code, user, key ?? Identity.None), CancellationToken.None);

    private Func<Task<Outcome<Done>?>> Leave(Guid group, string user, string code) =>
        () => lane.Operation<LeaveGroup>().RunAsync(new LeaveGroup.Request(group, user, new LeaveGroup.Door(code, 1)), CancellationToken.None);

    private Func<Task<Outcome<InviteModel>>> Create(Guid group, string code, DateTimeOffset? expiresAt = null, Identity? key = null) =>
        () => lane.Operation<CreateInvite>().RunAsync(new CreateInvite.Request(group, code, 5, expiresAt, key ?? Identity.None), CancellationToken.None);

    private Func<Task<Outcome<Done>>> Revoke(string code) => () => lane.Operation<RevokeInvite>().RunAsync(new RevokeInvite.Request(code), CancellationToken.None);
}
