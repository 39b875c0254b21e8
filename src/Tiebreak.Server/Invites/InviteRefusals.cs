using Tiebreak.Server.Outcomes;

namespace Tiebreak.Server.Invites;

/// <summary>What the invites answer with when the answer is no.</summary>
internal static class InviteRefusals
{
    public static readonly ProblemKind GroupNotFound = new("group-not-found", 404, "There is no such group.",
        "No group has this id. Ids are given out by `POST /v1/groups`.");

    public static readonly ProblemKind InviteNotFound = new("invite-not-found", 404, "There is no such invite.",
        "No invite was ever made with this code. Codes are compared as written, capitals included.");

    public static readonly ProblemKind InviteRevoked = new("invite-revoked", 410, "The invite was revoked.",
        "Whoever made the invite has taken it back. Ask for a new one.");

    public static readonly ProblemKind InviteExpired = new("invite-expired", 410, "The invite has expired.",
        "The invite's time was over when the request got its turn. Ask for a new one.");

    public static readonly ProblemKind InviteExhausted = new("invite-exhausted", 409, "The invite is used up.",
        "All of its uses are taken. Leaving the group does not give a use back. Ask for a new one.");

    public static readonly ProblemKind AlreadyAMember = new("already-a-member", 409, "The user is already in a group.",
        "A user is a member of at most one group. Leave that group first.")
    {
        Members = [new ProblemMember("groupId", "The group that the user is in.", "01943c7e-0a4d-7e21-8c6b-1a2b3c4d5e6f")],
    };

    public static readonly ProblemKind CodeInUse = new("code-in-use", 409, "The code is in use.",
        "An active invite has this code. Choose another, leave it out to get one made, or revoke the other invite.");

    public static IReadOnlyList<ProblemKind> All { get; } =
        [GroupNotFound, InviteNotFound, InviteRevoked, InviteExpired, InviteExhausted, AlreadyAMember, CodeInUse];
}
