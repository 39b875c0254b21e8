using Microsoft.EntityFrameworkCore;
using Tiebreak.Bulk;
using Tiebreak.Operations;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Invites;

/// <summary>
/// A user leaves a group. It contends on the invite that let the user in, which counts the departure; it is taken
/// before the membership, as an accept does, so that the two cannot wait for each other.
/// </summary>
internal sealed class LeaveGroup(IGuard<SystemDb> guard, InviteQueries queries) : SystemOperation<LeaveGroup.Request, LeaveGroup.State, Outcome<Done>?>(guard)
{
    private static readonly Subject<Invite, Door> Doors = new(invite => new Door(invite.Code, invite.Generation), door => Keys.Invite(door.Code)) { Tracked = false };

    public override string Name => "leave-group";

    // A user who is in no group shares the key with nobody but themselves.
    public override IEnumerable<string> KeysOf(Request request) => [request.Door is { } door ? Keys.Invite(door.Code) : "membership/" + request.UserId];

    /// <summary>
    /// Finds out which invite let the user in, then leaves under its guard. Where the user came in by another one in
    /// between, it starts again: each round means that somebody else's change of this membership was made.
    /// </summary>
    public async Task<Outcome<Done>> RunAsync(Guid groupId, string userId, CancellationToken cancellationToken)
    {
        while (true)
        {
            var door = await queries.DoorOfAsync(userId, cancellationToken);
            if (await RunAsync(new Request(groupId, userId, door), cancellationToken) is { } outcome)
            {
                return outcome;
            }
        }
    }

    public override async Task<State> LoadSubjectsAsync(OperationScope<SystemDb> scope, IReadOnlyList<Request> requests, CancellationToken cancellationToken) =>
        new(await scope.ReadSubjectsAsync(Doors, requests.Select(request => request.Door).OfType<Door>(), cancellationToken: cancellationToken));

    public override async Task LoadRelatedAsync(OperationScope<SystemDb> scope, State state, IReadOnlyList<Request> requests, CancellationToken cancellationToken)
    {
        var groups = requests.Select(request => request.GroupId).Distinct().ToArray();
        state.Groups = await scope.Context.Set<Group>().Where(group => groups.Contains(group.Id)).Select(group => group.Id).ToHashSetAsync(cancellationToken);
        var users = requests.Select(request => request.UserId).Distinct(StringComparer.Ordinal).ToArray();
        state.Memberships = await scope.Context.Set<Membership>().AsNoTracking().Where(membership => users.Contains(membership.UserId))
            .ToDictionaryAsync(membership => membership.UserId, StringComparer.Ordinal, cancellationToken);
    }

    public override Outcome<Done>? Decide(State state, Request request, DateTimeOffset now)
    {
        if (!state.Groups.Contains(request.GroupId))
        {
            return new Refusal(InviteRefusals.GroupNotFound);
        }

        if (!state.Memberships.TryGetValue(request.UserId, out var membership) || membership.GroupId != request.GroupId)
        {
            return Done.Instance;
        }

        var door = new Door(membership.Code, membership.Generation);
        if (request.Door != door)
        {
            return null;
        }

        state.Leave(door);
        state.Memberships.Remove(request.UserId);
        state.Left.Add(membership);
        return Done.Instance;
    }

    protected override void Save(BulkBatch bulk, State state)
    {
        bulk.Update(state.Changed, invite => new { invite.Departures });
        bulk.Delete(state.Left);
    }

    /// <summary>The invite that let a user in.</summary>
    internal sealed record Door(string Code, int Generation);

    /// <summary>What the caller asks for.</summary>
    internal sealed record Request(Guid GroupId, string UserId, Door? Door);

    /// <summary>The invites that the users came in by, and who is where.</summary>
    internal sealed class State(Dictionary<Door, Invite> doors)
    {
        public Dictionary<Door, Invite> Doors { get; } = doors;

        public HashSet<Invite> Changed { get; } = [];

        public HashSet<Guid> Groups { get; set; } = [];

        public Dictionary<string, Membership> Memberships { get; set; } = [];

        public List<Membership> Left { get; } = [];

        public void Leave(Door door)
        {
            var invite = Doors[door];
            invite.Departures++;
            Changed.Add(invite);
        }
    }
}
