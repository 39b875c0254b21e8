namespace Tiebreak.Server.Invites;

/// <summary>Answers for the OpenAPI document: one group, with an invite that has let one user in.</summary>
internal static class InviteExamples
{
    private const string Code = "7KQ2MXB4RT9WD";
    private const string UserId = "ada";
    private const int MaxUses = 50;
    private static readonly Guid GroupId = new("01943c7e-0a4d-7e21-8c6b-1a2b3c4d5e6f");
    private static readonly DateTimeOffset CreatedAt = new(2030, 1, 6, 9, 30, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset AcceptedAt = CreatedAt.AddHours(2);

    public static readonly GroupModel Group = new(GroupId, "Chess club", 1, CreatedAt);
    public static readonly MemberModel Member = new(UserId, GroupId, AcceptedAt);
    public static readonly InviteModel Invite = new(Code, GroupId, MaxUses, 1, MaxUses - 1, IsActive: true, new DateTimeOffset(2030, 1, 31, 18, 0, 0, TimeSpan.Zero), CreatedAt);
    public static readonly Acceptance Acceptance = new(UserId, GroupId, Code, AcceptedAt);
    public static readonly UseModel Use = new(UserId, AcceptedAt);
}
