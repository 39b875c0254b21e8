using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Tiebreak.Server.Http.Bodies;
using Tiebreak.Server.Http.Paging;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Invites;

/// <summary>What can be looked at. Reads take no lock and wait for nobody.</summary>
internal sealed class InviteQueries(IDbContextFactory<SystemDb> contexts, DecisionTime time)
{
    private const string GroupList = "groups";

    public async Task<GroupModel?> GroupAsync(Guid groupId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await GroupModels(db, db.Set<Group>().Where(group => group.Id == groupId)).SingleOrDefaultAsync(cancellationToken);
    }

    public async Task<Page<GroupModel>> GroupsAsync(PageQuery page, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var groups = db.Set<Group>().AsNoTracking();
        if (page.AfterId(GroupList) is { } after)
        {
            groups = groups.Where(group => group.Id < after);
        }

        var rows = await GroupModels(db, groups.OrderByDescending(group => group.Id).Take(page.Limit + 1)).ToListAsync(cancellationToken);
        return Page<GroupModel>.Of(rows, page.Limit, group => group, group => new Cursor(GroupList, 0, group.Id.ToString("d")));
    }

    /// <summary>The invite that let the user in; <see langword="null"/> when they are in no group.</summary>
    public async Task<LeaveGroup.Door?> DoorOfAsync(string userId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<Membership>().Where(membership => membership.UserId == userId)
            .Select(membership => new LeaveGroup.Door(membership.Code, membership.Generation)).SingleOrDefaultAsync(cancellationToken);
    }

    /// <summary>The members, those who came last first; <see langword="null"/> when there is no such group.</summary>
    public async Task<Page<MemberModel>?> MembersAsync(Guid groupId, PageQuery page, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (!await db.Set<Group>().AnyAsync(group => group.Id == groupId, cancellationToken))
        {
            return null;
        }

        var list = $"members/{groupId:d}";
        var members = db.Set<Membership>().AsNoTracking().Where(membership => membership.GroupId == groupId);
        if (page.AfterTime(list) is { } before)
        {
            var id = page.After!.Value.Id;
            members = members.Where(member => EF.Functions.LessThan(ValueTuple.Create(member.JoinedAt, member.UserId), ValueTuple.Create(before, id)));
        }

        var rows = await members.OrderByDescending(member => member.JoinedAt).ThenByDescending(member => member.UserId).Take(page.Limit + 1).ToListAsync(cancellationToken);
        return Page<MemberModel>.Of(rows, page.Limit, member => new MemberModel(member.UserId, member.GroupId, member.JoinedAt), member => new Cursor(list, member.JoinedAt.UtcTicks, member.UserId));
    }

    /// <summary>The group's invites, newest first; <see langword="null"/> when there is no such group.</summary>
    public async Task<Page<InviteModel>?> InvitesAsync(Guid groupId, PageQuery page, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (!await db.Set<Group>().AnyAsync(group => group.Id == groupId, cancellationToken))
        {
            return null;
        }

        var list = $"invites/{groupId:d}";
        var invites = db.Set<Invite>().AsNoTracking().Where(invite => invite.GroupId == groupId);
        if (page.AfterTime(list) is { } before)
        {
            var code = page.After!.Value.Id;
            invites = invites.Where(invite => EF.Functions.LessThan(ValueTuple.Create(invite.CreatedAt, invite.Code), ValueTuple.Create(before, code)));
        }

        var now = await time.NowAsync(db, cancellationToken);
        var rows = await invites.OrderByDescending(invite => invite.CreatedAt).ThenByDescending(invite => invite.Code).Take(page.Limit + 1).ToListAsync(cancellationToken);
        return Page<InviteModel>.Of(rows, page.Limit, invite => InviteModel.Of(invite, Later(now, invite)), invite => new Cursor(list, invite.CreatedAt.UtcTicks, invite.Code));
    }

    /// <summary>The active invite of the code, else the latest.</summary>
    public async Task<InviteModel?> InviteAsync(string code, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await LatestAsync(db, code, cancellationToken) is { } invite ? InviteModel.Of(invite, Later(await time.NowAsync(db, cancellationToken), invite)) : null;
    }

    /// <summary>The uses of the invite that <see cref="InviteAsync"/> gives, newest first; <see langword="null"/> when there is none.</summary>
    public async Task<Page<UseModel>?> UsesAsync(string code, PageQuery page, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await LatestAsync(db, code, cancellationToken) is not { } invite)
        {
            return null;
        }

        var list = $"uses/{code}";

        // A next page goes on in the invite that the first one began, though the code may have been given out again.
        var (generation, below) = page.AfterIn(list) is not { } cursor ? (invite.Generation, int.MaxValue)
            : int.TryParse(cursor.Id, NumberStyles.None, CultureInfo.InvariantCulture, out var begun) ? (begun, page.AfterNumber(list)!.Value)
            : throw new InvalidRequestException(PageQuery.InvalidCursor);
        var rows = await db.Set<InviteUse>().AsNoTracking().Where(use => use.Code == code && use.Generation == generation && use.Number < below)
            .OrderByDescending(use => use.Number).Take(page.Limit + 1).ToListAsync(cancellationToken);
        return Page<UseModel>.Of(rows, page.Limit, use => new UseModel(use.UserId, use.AcceptedAt), use => new Cursor(list, use.Number, generation.ToString(CultureInfo.InvariantCulture)));
    }

    /// <summary>What was decided stays so, also when the clock was set back.</summary>
    private static DateTimeOffset Later(DateTimeOffset now, Invite invite) => now > invite.LastDecided ? now : invite.LastDecided;

    private static Task<Invite?> LatestAsync(SystemDb db, string code, CancellationToken cancellationToken) =>
        db.Set<Invite>().AsNoTracking().Where(invite => invite.Code == code).OrderByDescending(invite => invite.Generation).FirstOrDefaultAsync(cancellationToken);

    /// <summary>The members are counted from the invites' counters, so that a large group costs no more than a small one.</summary>
    private static IQueryable<GroupModel> GroupModels(SystemDb db, IQueryable<Group> groups) =>
        groups.Select(group => new GroupModel(
            group.Id,
            group.Name,
            db.Set<Invite>().Where(invite => invite.GroupId == group.Id).Sum(invite => (long)(invite.Uses - invite.Departures)),
            group.CreatedAt));
}
