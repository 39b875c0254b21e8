using Microsoft.EntityFrameworkCore;
using Tiebreak.Operations;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Storage;

namespace Tiebreak.Server.Invites;

/// <summary>
/// A user leaves a group. It contends on the invite that let the user in, which counts the departure; it is taken
/// before the membership, as an accept does, so that the two cannot wait for each other.
/// </summary>
internal sealed class LeaveGroup(IGuard<TiebreakDb> guard) : SystemOperation<LeaveGroup.Request, LeaveGroup.State, Outcome<Done>>(guard)
{
    public override string Name => "leave-group";

    // The invite is known only once the membership is read: what this key does not say, the invite's row lock does.
    public override IEnumerable<string> KeysOf(Request request) => ["membership/" + request.UserId];

    public override async Task<State> LoadSubjectsAsync(OperationScope<TiebreakDb> scope, IReadOnlyList<Request> requests, CancellationToken cancellationToken)
    {
        var state = new State();
        var users = requests.Select(request => request.UserId).Distinct(StringComparer.Ordinal).ToArray();
        var doors = await scope.Context.Memberships.Where(membership => users.Contains(membership.UserId))
            .Select(membership => new { membership.Code, membership.Generation }).Distinct().ToListAsync(cancellationToken);

        // One statement an invite, in sorted order: a list of pairs is no condition that an index serves.
        foreach (var door in doors.OrderBy(door => door.Code, StringComparer.Ordinal).ThenBy(door => door.Generation))
        {
            var invite = await scope.Subjects(scope.Context.Invites.Where(invite => invite.Code == door.Code && invite.Generation == door.Generation))
                .SingleAsync(cancellationToken);
            state.Doors.Add((invite.Code, invite.Generation), invite);
        }

        return state;
    }

    public override async Task LoadRelatedAsync(OperationScope<TiebreakDb> scope, State state, IReadOnlyList<Request> requests, CancellationToken cancellationToken)
    {
        var groups = requests.Select(request => request.GroupId).Distinct().ToArray();
        state.Groups = await scope.Context.Groups.Where(group => groups.Contains(group.Id)).Select(group => group.Id).ToHashSetAsync(cancellationToken);
        var users = requests.Select(request => request.UserId).Distinct(StringComparer.Ordinal).ToArray();
        state.Memberships = await scope.Context.Memberships.Where(membership => users.Contains(membership.UserId))
            .ToDictionaryAsync(membership => membership.UserId, StringComparer.Ordinal, cancellationToken);
    }

    public override Outcome<Done> Decide(State state, Request request, DateTimeOffset now)
    {
        if (!state.Groups.Contains(request.GroupId))
        {
            return new Refusal(InviteRefusals.GroupNotFound);
        }

        // A membership whose invite is not held began after this user had left: somebody else's request did that, and
        // this one comes right behind it.
        if (state.Memberships.TryGetValue(request.UserId, out var membership) && membership.GroupId == request.GroupId
            && state.Doors.TryGetValue((membership.Code, membership.Generation), out var door))
        {
            door.Departures++;
            state.Memberships.Remove(request.UserId);
            state.Left.Add(membership);
        }

        return Done.Instance;
    }

    public override Task SaveAsync(OperationScope<TiebreakDb> scope, State state, CancellationToken cancellationToken)
    {
        scope.Context.Memberships.RemoveRange(state.Left);
        return base.SaveAsync(scope, state, cancellationToken);
    }

    /// <summary>What the caller asks for.</summary>
    internal sealed record Request(Guid GroupId, string UserId);

    /// <summary>The invites that the users came in by, and who is where.</summary>
    internal sealed class State
    {
        public Dictionary<(string Code, int Generation), Invite> Doors { get; } = [];

        public HashSet<Guid> Groups { get; set; } = [];

        public Dictionary<string, Membership> Memberships { get; set; } = [];

        public List<Membership> Left { get; } = [];
    }
}
