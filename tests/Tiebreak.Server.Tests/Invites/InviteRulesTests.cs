using Tiebreak.Server.Invites;
using Tiebreak.Server.Outcomes;

namespace Tiebreak.Server.Tests.Invites;

public sealed class InviteRulesTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(1, null)]
    [InlineData(0, "invite-expired")]
    [InlineData(-1, "invite-expired")]
    public void An_invite_lets_in_until_its_expiry_and_no_longer_at_it(int microsecondsLeft, string? code)
    {
        var invite = Invite(expiresAt: Now.AddMicroseconds(microsecondsLeft));

        Assert.Equal(code, InviteRules.RefusalToAccept(invite, null, Now)?.Kind.Code);
        Assert.Equal(code is null, InviteRules.IsOpen(invite, Now));
        Assert.Equal(code is null, InviteRules.IsOpenAtCreation(invite));
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(2, null)]
    [InlineData(3, "invite-exhausted")]
    public void An_invite_lets_in_as_many_as_it_has_uses(int uses, string? code) =>
        Assert.Equal(code, InviteRules.RefusalToAccept(Invite(uses: uses), null, Now)?.Kind.Code);

    [Fact]
    public void What_is_wrong_with_the_invite_is_told_before_what_is_wrong_with_the_user()
    {
        var member = new Membership { UserId = "ada", GroupId = Guid.NewGuid(), Code = "OTHER", Generation = 1, JoinedAt = Now };
        var usedUpAndExpired = Invite(uses: 3, expiresAt: Now);
        var revokedToo = Invite(uses: 3, expiresAt: Now);
        revokedToo.RevokedAt = Now;

        Assert.Equal("invite-not-found", InviteRules.RefusalToAccept(null, member, Now)?.Kind.Code);
        Assert.Equal("invite-revoked", InviteRules.RefusalToAccept(revokedToo, member, Now)?.Kind.Code);
        Assert.Equal("invite-exhausted", InviteRules.RefusalToAccept(usedUpAndExpired, member, Now)?.Kind.Code);
        Assert.Equal("invite-expired", InviteRules.RefusalToAccept(Invite(expiresAt: Now), member, Now)?.Kind.Code);
        var already = InviteRules.RefusalToAccept(Invite(), member, Now)!;
        Assert.Equal("already-a-member", already.Kind.Code);
        Assert.Equal([("groupId", (object?)member.GroupId)], already.Facts);
    }

    [Fact]
    public void Uses_are_numbered_without_a_gap_and_the_last_one_closes_the_invite()
    {
        var invite = Invite();
        var numbers = new List<(int Number, bool IsActive)>();
        for (var i = 0; i < 3; i++)
        {
            numbers.Add((InviteRules.Use(invite, $"user-{i}", Identity.None, Now).Number, invite.IsActive));
        }

        Assert.Equal([(1, true), (2, true), (3, false)], numbers);
    }

    private static Invite Invite(int uses = 0, DateTimeOffset? expiresAt = null) =>
        new() { Code = "RULES", Generation = 1, GroupId = Guid.NewGuid(), MaxUses = 3, Uses = uses, ExpiresAt = expiresAt, CreatedAt = Now };
}
