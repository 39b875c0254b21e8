using Microsoft.Extensions.DependencyInjection;
using Tiebreak.Server.Invites;
using Tiebreak.Server.Outcomes;

namespace Tiebreak.Server.Races.Tests;

/// <summary>What can happen to an invite that has one use left, to one that has expired, and to those who come by them.</summary>
internal static class InviteOperations
{
    public static readonly string[] Given =
    [
        $"INSERT INTO groups VALUES ('{Group}', 'Members', '2026-01-01Z'), ('{OtherGroup}', 'Others', '2026-01-01Z')",
        $"""
        INSERT INTO invites VALUES
            ('LAST', 1, '{Group}', 2, 1, 0, true, NULL, NULL, '2026-01-01Z'),
            ('OTHER', 1, '{OtherGroup}', 9, 2, 0, true, NULL, NULL, '2026-01-01Z'),
            ('EXPIRED', 1, '{OtherGroup}', 9, 0, 0, true, '2026-01-02Z', NULL, '2026-01-01Z')
        """,
        $"""
        INSERT INTO invite_uses VALUES
            ('LAST', 1, 1, 'zoe', '{Group}', '2026-01-02Z'),
            ('OTHER', 1, 1, 'xia', '{OtherGroup}', '2026-01-02Z'),
            ('OTHER', 1, 2, 'yan', '{OtherGroup}', '2026-01-02Z')
        """,
        $"""
        INSERT INTO memberships VALUES
            ('zoe', '{Group}', 'LAST', 1, '2026-01-02Z'),
            ('xia', '{OtherGroup}', 'OTHER', 1, '2026-01-02Z'),
            ('yan', '{OtherGroup}', 'OTHER', 1, '2026-01-02Z')
        """,
    ];

    public static readonly ServerOperation[] All =
    [
        Accept("ann takes the last use", "LAST", "ann"),
        Accept("ben takes the last use", "LAST", "ben"),
        Accept("ann takes the last use with a key", "LAST", "ann", "key-1"),
        Accept("ann takes the other invite", "OTHER", "ann"),
        Accept("ben takes the other invite", "OTHER", "ben"),
        Accept("zoe takes the other invite", "OTHER", "zoe"),
        Accept("ann takes the expired invite", "EXPIRED", "ann"),
        ServerOperation.Of<RevokeInvite, RevokeInvite.Request, RevokeInvite.State, Done>("the invite is revoked", ["LAST"], () => new RevokeInvite.Request("LAST")),
        Create("its code is given out again", "LAST"),
        Create("the expired code is given out again", "EXPIRED"),
        Create("a new code is given out", "NEW"),
        Leave("zoe leaves", "zoe", Group, "LAST"),
        Leave("xia leaves the others", "xia", OtherGroup, "OTHER"),
        Leave("yan leaves the others", "yan", OtherGroup, "OTHER"),
        ServerOperation.Of<CreateGroup, CreateGroup.Request, CreateGroup.State, GroupModel>(
            "a group is made with a key", ["group-key"], () => new CreateGroup.Request("New", ServerOperation.By("key-1"))),
    ];

    private const string Group = "00000000-0000-7000-8000-000000000001";
    private const string OtherGroup = "00000000-0000-7000-8000-000000000002";

    private static ServerOperation Accept(string name, string code, string user, string? key = null) =>
        ServerOperation.Of<AcceptInvite, AcceptInvite.Request, AcceptInvite.State, Acceptance>(
            name, [code, user], () => new AcceptInvite.Request(code, user, ServerOperation.By(key)));

    private static ServerOperation Create(string name, string code) =>
        ServerOperation.Of<CreateInvite, CreateInvite.Request, CreateInvite.State, InviteModel>(
            name, [code], () => new CreateInvite.Request(new Guid(Group), code, 3, null, Identity.None));

    private static ServerOperation Leave(string name, string user, string group, string door) =>
        new(name, typeof(LeaveGroup), [user, door], async (services, cancellationToken) =>
            ServerOperation.Told(await services.GetRequiredService<LeaveGroup>().RunAsync(new Guid(group), user, cancellationToken)));
}
