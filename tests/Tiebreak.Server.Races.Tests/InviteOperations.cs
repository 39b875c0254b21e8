using Microsoft.Extensions.DependencyInjection;
using Tiebreak.Server.Invites;
using Tiebreak.Server.Outcomes;

namespace Tiebreak.Server.Races.Tests;

/// <summary>What can happen to an invite that has one use left, and to those who come by it.</summary>
internal static class InviteOperations
{
    public static readonly string[] Given =
    [
        $"INSERT INTO groups VALUES ('{Group}', 'Members', '2026-01-01Z'), ('{OtherGroup}', 'Others', '2026-01-01Z')",
        $"""
        INSERT INTO invites VALUES
            ('LAST', 1, '{Group}', 2, 1, 0, true, NULL, NULL, '2026-01-01Z'),
            ('OTHER', 1, '{OtherGroup}', 9, 0, 0, true, NULL, NULL, '2026-01-01Z')
        """,
        $"INSERT INTO invite_uses VALUES ('LAST', 1, 1, 'zoe', '{Group}', '2026-01-02Z')",
        $"INSERT INTO memberships VALUES ('zoe', '{Group}', 'LAST', 1, '2026-01-02Z')",
    ];

    public static readonly ServerOperation[] All =
    [
        Accept("ann takes the last use", "LAST", "ann", null),
        Accept("ben takes the last use", "LAST", "ben", null),
        Accept("ann takes the other invite", "OTHER", "ann", null),
        Accept("ben takes the other invite", "OTHER", "ben", null),
        Accept("zoe takes the other invite", "OTHER", "zoe", null),
        Accept("ann takes the last use with a key", "LAST", "ann", "key-1"),
        ServerOperation.Of<RevokeInvite, RevokeInvite.Request, RevokeInvite.State, Done>("the invite is revoked", () => new RevokeInvite.Request("LAST")),
        ServerOperation.Of<CreateInvite, CreateInvite.Request, CreateInvite.State, InviteModel>(
            "its code is given out again", () => new CreateInvite.Request(new Guid(Group), "LAST", 3, null, Identity.None)),
        new("zoe leaves", async (services, cancellationToken) =>
            ServerOperation.Told(await services.GetRequiredService<LeaveGroup>().RunAsync(new Guid(Group), "zoe", cancellationToken))),
    ];

    private const string Group = "00000000-0000-7000-8000-000000000001";
    private const string OtherGroup = "00000000-0000-7000-8000-000000000002";

    private static ServerOperation Accept(string name, string code, string user, string? key) =>
        ServerOperation.Of<AcceptInvite, AcceptInvite.Request, AcceptInvite.State, Acceptance>(
            name, () => new AcceptInvite.Request(code, user, key is null ? Identity.None : new Identity(key, new byte[32])));
}
