using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Tiebreak.Server.Http.Bodies;
using Tiebreak.Server.Http.Paging;

namespace Tiebreak.Server.Invites;

/// <summary>Asks for a new group.</summary>
/// <param name="Name">1 to 200 characters.</param>
internal sealed record CreateGroupBody([property: Length(1, Limits.Id)] string Name) : IRequestBody<CreateGroupBody>
{
    public static string Example => """{"name": "Chess club"}""";

    public static JsonTypeInfo<CreateGroupBody> JsonType => InviteJson.Default.CreateGroupBody;

    public static CreateGroupBody Read(BodyFields fields) => new(fields.Text("name"));
}

/// <summary>Asks for a new invite.</summary>
/// <param name="MaxUses">How many people it lets in, 1 to 1,000,000,000.</param>
/// <param name="Code">4 to 64 letters, digits, hyphens and underscores; one is made when it is left out.</param>
/// <param name="ExpiresAt">When it stops letting people in; never when it is left out.</param>
internal sealed record CreateInviteBody(
    [property: Range(1, InviteRules.MaxUses)] int MaxUses,
    [property: RegularExpression(InviteRules.CodeForm)] string? Code = null,
    DateTimeOffset? ExpiresAt = null)
    : IRequestBody<CreateInviteBody>
{
    public static string Example => """{"maxUses": 50, "expiresAt": "2030-01-31T18:00:00Z"}""";

    public static JsonTypeInfo<CreateInviteBody> JsonType => InviteJson.Default.CreateInviteBody;

    public static CreateInviteBody Read(BodyFields fields)
    {
        var body = new CreateInviteBody((int)fields.Whole("maxUses", 1, InviteRules.MaxUses), fields.OptionalText("code", InviteRules.MaxCodeLength), fields.OptionalTime("expiresAt"));
        if (body.Code is { Length: > 0 } code && !InviteRules.IsCode(code))
        {
            fields.Reject("code", $"This is {InviteRules.MinCodeLength} to {InviteRules.MaxCodeLength} of A-Z, a-z, 0-9, hyphen and underscore.");
        }

        return body;
    }
}

/// <summary>Asks to come in.</summary>
/// <param name="UserId">The caller's id of the person, 1 to 200 characters.</param>
internal sealed record AcceptInviteBody([property: Length(1, Limits.Id)] string UserId) : IRequestBody<AcceptInviteBody>
{
    public static string Example => """{"userId": "ada"}""";

    public static JsonTypeInfo<AcceptInviteBody> JsonType => InviteJson.Default.AcceptInviteBody;

    public static AcceptInviteBody Read(BodyFields fields) => new(fields.Text("userId"));
}

/// <summary>A group.</summary>
/// <param name="Id">Made by the server.</param>
/// <param name="Name">As given.</param>
/// <param name="Members">How many users are in it now.</param>
/// <param name="CreatedAt">When it was made.</param>
internal sealed record GroupModel(Guid Id, string Name, long Members, DateTimeOffset CreatedAt);

/// <summary>A member of a group.</summary>
/// <param name="UserId">The caller's id of the person.</param>
/// <param name="GroupId">The group.</param>
/// <param name="JoinedAt">When they came in.</param>
internal sealed record MemberModel(string UserId, Guid GroupId, DateTimeOffset JoinedAt);

/// <summary>An invite.</summary>
/// <param name="Code">What people type.</param>
/// <param name="GroupId">Where it leads.</param>
/// <param name="MaxUses">How many people it lets in.</param>
/// <param name="Uses">How many it has let in.</param>
/// <param name="UsesLeft">How many more it may let in.</param>
/// <param name="IsActive">Whether it lets anyone in now: not used up, not revoked, not expired.</param>
/// <param name="ExpiresAt">When it stops by itself; null when never.</param>
/// <param name="CreatedAt">When it was made.</param>
internal sealed record InviteModel(string Code, Guid GroupId, int MaxUses, int Uses, int UsesLeft, bool IsActive, DateTimeOffset? ExpiresAt, DateTimeOffset CreatedAt)
{
    public static InviteModel Of(Invite invite, DateTimeOffset now) => new(
        invite.Code, invite.GroupId, invite.MaxUses, invite.Uses, invite.MaxUses - invite.Uses, InviteRules.IsOpen(invite, now), invite.ExpiresAt, invite.CreatedAt);

    /// <summary>The answer to its creation, whatever has become of it since.</summary>
    public static InviteModel AtCreation(Invite invite) => new(
        invite.Code, invite.GroupId, invite.MaxUses, 0, invite.MaxUses, InviteRules.IsOpenAtCreation(invite), invite.ExpiresAt, invite.CreatedAt);
}

/// <summary>The answer to an accept.</summary>
/// <param name="UserId">Who came in.</param>
/// <param name="GroupId">Where to.</param>
/// <param name="Code">By which invite.</param>
/// <param name="AcceptedAt">When.</param>
internal sealed record Acceptance(string UserId, Guid GroupId, string Code, DateTimeOffset AcceptedAt)
{
    public static Acceptance Of(InviteUse use) => new(use.UserId, use.GroupId, use.Code, use.AcceptedAt);
}

/// <summary>One recorded use.</summary>
/// <param name="UserId">Who came in.</param>
/// <param name="AcceptedAt">When.</param>
internal sealed record UseModel(string UserId, DateTimeOffset AcceptedAt);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(Rfc3339Converter)])]
[JsonSerializable(typeof(CreateGroupBody))]
[JsonSerializable(typeof(CreateInviteBody))]
[JsonSerializable(typeof(AcceptInviteBody))]
[JsonSerializable(typeof(GroupModel))]
[JsonSerializable(typeof(InviteModel))]
[JsonSerializable(typeof(Acceptance))]
[JsonSerializable(typeof(Page<GroupModel>))]
[JsonSerializable(typeof(Page<MemberModel>))]
[JsonSerializable(typeof(Page<InviteModel>))]
[JsonSerializable(typeof(Page<UseModel>))]
internal sealed partial class InviteJson : JsonSerializerContext;
