using Tiebreak.Server.Http;
using Tiebreak.Server.Http.Bodies;
using Tiebreak.Server.Http.OpenApi;
using Tiebreak.Server.Http.Paging;
using Tiebreak.Server.Http.Problems;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Invites;

/// <summary>The routes of groups, members and invites.</summary>
internal static class InviteEndpoints
{
    public static IServiceCollection AddInvites(this IServiceCollection services) => services
        .AddSingleton<CreateGroup>()
        .AddSingleton<CreateInvite>()
        .AddSingleton<AcceptInvite>()
        .AddSingleton<RevokeInvite>()
        .AddSingleton<LeaveGroup>()
        .AddSingleton<InviteQueries>()
        .AddSingleton<IReconcile, InviteReconcile>();

    public static void MapInvites(this IEndpointRouteBuilder routes)
    {
        var groups = routes.MapGroup("/v1/groups").WithTags("Groups and invites");
        groups.MapPost("/", CreateGroupAsync).Takes<CreateGroupBody>().Gives(InviteExamples.Group, InviteJson.Default.GroupModel, 201, isLocated: true)
            .WithSummary("Makes a group");
        groups.MapGet("/", ListGroupsAsync).GivesPages(InviteExamples.Group, InviteJson.Default.PageGroupModel)
            .WithSummary("Lists the groups, newest first");
        groups.MapGet("/{groupId}", GetGroupAsync).Gives(InviteExamples.Group, InviteJson.Default.GroupModel).Refuses(InviteRefusals.GroupNotFound)
            .WithSummary("Shows a group");
        groups.MapGet("/{groupId}/members", ListMembersAsync).GivesPages(InviteExamples.Member, InviteJson.Default.PageMemberModel).Refuses(InviteRefusals.GroupNotFound)
            .WithSummary("Lists a group's members, those who came last first");
        groups.MapDelete("/{groupId}/members/{userId}", LeaveGroupAsync).Gives(204).Refuses(InviteRefusals.GroupNotFound)
            .WithSummary("Takes a user out of a group; also fine when they are not in it");
        groups.MapPost("/{groupId}/invites", CreateInviteAsync).Takes<CreateInviteBody>().Gives(InviteExamples.Invite, InviteJson.Default.InviteModel, 201, isLocated: true)
            .Refuses(InviteRefusals.GroupNotFound, InviteRefusals.CodeInUse)
            .WithSummary("Makes an invite");
        groups.MapGet("/{groupId}/invites", ListInvitesAsync).GivesPages(InviteExamples.Invite, InviteJson.Default.PageInviteModel).Refuses(InviteRefusals.GroupNotFound)
            .WithSummary("Lists a group's invites, newest first");

        var invites = routes.MapGroup("/v1/invites/{code}").WithTags("Groups and invites");
        invites.MapGet("/", GetInviteAsync).Gives(InviteExamples.Invite, InviteJson.Default.InviteModel).Refuses(InviteRefusals.InviteNotFound)
            .WithSummary("Shows the active invite of a code, else the latest");
        invites.MapPost("/accept", AcceptInviteAsync).Takes<AcceptInviteBody>().Gives(InviteExamples.Acceptance, InviteJson.Default.Acceptance)
            .Refuses(InviteRefusals.InviteNotFound, InviteRefusals.InviteRevoked, InviteRefusals.InviteExpired, InviteRefusals.InviteExhausted, InviteRefusals.AlreadyAMember)
            .WithSummary("Lets a user in");
        invites.MapDelete("/", RevokeInviteAsync).Gives(204).Refuses(InviteRefusals.InviteNotFound)
            .WithSummary("Revokes an invite, at once");
        invites.MapGet("/uses", ListUsesAsync).GivesPages(InviteExamples.Use, InviteJson.Default.PageUseModel).Refuses(InviteRefusals.InviteNotFound)
            .WithSummary("Lists an invite's uses, newest first");
    }

    private static async Task<IResult> CreateGroupAsync(RequestBody<CreateGroupBody> body, CreateGroup create, CancellationToken cancellationToken) =>
        (await create.RunAsync(new CreateGroup.Request(body.Value.Name, body.Identity), cancellationToken))
        .Created(InviteJson.Default.GroupModel, group => $"/v1/groups/{group.Id:d}");

    private static async Task<IResult> ListGroupsAsync(PageQuery page, InviteQueries queries, CancellationToken cancellationToken) =>
        TypedResults.Json(await queries.GroupsAsync(page, cancellationToken), InviteJson.Default.PageGroupModel);

    private static async Task<IResult> GetGroupAsync(ServerId groupId, InviteQueries queries, CancellationToken cancellationToken) =>
        OutcomeResult.Found(await queries.GroupAsync(groupId.Value, cancellationToken), InviteJson.Default.GroupModel, InviteRefusals.GroupNotFound);

    private static async Task<IResult> ListMembersAsync(ServerId groupId, PageQuery page, InviteQueries queries, CancellationToken cancellationToken) =>
        OutcomeResult.Found(await queries.MembersAsync(groupId.Value, page, cancellationToken), InviteJson.Default.PageMemberModel, InviteRefusals.GroupNotFound);

    private static async Task<IResult> LeaveGroupAsync(ServerId groupId, string userId, LeaveGroup leave, CancellationToken cancellationToken) =>
        (await leave.RunAsync(groupId.Value, CallerId.Check(userId, nameof(userId)), cancellationToken)).NoContent();

    private static async Task<IResult> CreateInviteAsync(ServerId groupId, RequestBody<CreateInviteBody> body, CreateInvite create, CancellationToken cancellationToken)
    {
        var (maxUses, code, expiresAt) = body.Value;
        var request = new CreateInvite.Request(groupId.Value, code ?? InviteRules.MakeCode(), maxUses, expiresAt, body.Identity);
        return (await create.RunAsync(request, cancellationToken)).Created(InviteJson.Default.InviteModel, invite => $"/v1/invites/{invite.Code}");
    }

    private static async Task<IResult> ListInvitesAsync(ServerId groupId, PageQuery page, InviteQueries queries, CancellationToken cancellationToken) =>
        OutcomeResult.Found(await queries.InvitesAsync(groupId.Value, page, cancellationToken), InviteJson.Default.PageInviteModel, InviteRefusals.GroupNotFound);

    private static async Task<IResult> GetInviteAsync(InviteCode code, InviteQueries queries, CancellationToken cancellationToken) =>
        OutcomeResult.Found(code.IsValid ? await queries.InviteAsync(code.Value, cancellationToken) : null, InviteJson.Default.InviteModel, InviteRefusals.InviteNotFound);

    private static async Task<IResult> AcceptInviteAsync(InviteCode code, RequestBody<AcceptInviteBody> body, AcceptInvite accept, CancellationToken cancellationToken) =>
        code.IsValid
            ? (await accept.RunAsync(new AcceptInvite.Request(code.Value, body.Value.UserId, body.Identity), cancellationToken)).Ok(InviteJson.Default.Acceptance)
            : new ProblemResult(new Refusal(InviteRefusals.InviteNotFound));

    private static async Task<IResult> RevokeInviteAsync(InviteCode code, RevokeInvite revoke, CancellationToken cancellationToken) =>
        code.IsValid
            ? (await revoke.RunAsync(new RevokeInvite.Request(code.Value), cancellationToken)).NoContent()
            : new ProblemResult(new Refusal(InviteRefusals.InviteNotFound));

    private static async Task<IResult> ListUsesAsync(InviteCode code, PageQuery page, InviteQueries queries, CancellationToken cancellationToken) =>
        OutcomeResult.Found(code.IsValid ? await queries.UsesAsync(code.Value, page, cancellationToken) : null, InviteJson.Default.PageUseModel, InviteRefusals.InviteNotFound);

    /// <summary>A code in the path. One that no invite can have names nothing, and gets the same 404 as an unknown one.</summary>
    private readonly record struct InviteCode(string Value)
    {
        public bool IsValid => InviteRules.IsCode(Value);

        public static bool TryParse(string? text, out InviteCode code)
        {
            code = new InviteCode(text ?? string.Empty);
            return true;
        }
    }
}
