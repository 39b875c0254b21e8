using Microsoft.EntityFrameworkCore;
using Tiebreak.Bulk;
using Tiebreak.Operations;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Invites;

/// <summary>
/// A user comes into a group by an invite. It contends on the invite's code; that a user is in one group only is kept
/// by the primary key of the memberships, which sends the second contender back to decide again.
/// </summary>
internal sealed class AcceptInvite(IGuard<SystemDb> guard) : SystemOperation<AcceptInvite.Request, AcceptInvite.State, Outcome<Acceptance>>(guard)
{
    public override string Name => "accept-invite";

    public override IEnumerable<string> KeysOf(Request request) => [Keys.Invite(request.Code)];

    public override async Task<State> LoadSubjectsAsync(OperationScope<SystemDb> scope, IReadOnlyList<Request> requests, CancellationToken cancellationToken)
    {
        var related = scope.Context.Bulk();
        var memberships = related.Find(requests.Select(request => request.UserId), (Membership membership) => membership.UserId);
        var uses = related.Find(
            requests.Where(request => request.Identity.Key is not null).Select(request => new { request.Code, IdempotencyKey = request.Identity.Key }),
            (InviteUse use) => new { use.Code, use.IdempotencyKey });
        var invites = await ActiveInvites.TakeAsync(scope, requests.Select(request => request.Code), related, cancellationToken);
        return new State(invites, memberships.Found, uses.Found);
    }

    public override async Task LoadRelatedAsync(OperationScope<SystemDb> scope, State state, IReadOnlyList<Request> requests, CancellationToken cancellationToken)
    {
        var closed = requests.Select(request => request.Code).Where(code => !state.Invites.ContainsKey(code)).Distinct(StringComparer.Ordinal).ToArray();
        if (closed.Length > 0)
        {
            // Nobody can open an inactive invite again, so it needs no lock to say why it is closed.
            await foreach (var latest in scope.Context.Set<Invite>().FromSql(
                $"SELECT DISTINCT ON (code) * FROM invites WHERE code = ANY ({closed}) AND NOT is_active ORDER BY code, generation DESC")
                .AsNoTracking().AsAsyncEnumerable().WithCancellation(cancellationToken))
            {
                state.Invites.Add(latest.Code, latest);
            }
        }
    }

    public override Outcome<Acceptance> Decide(State state, Request request, DateTimeOffset now)
    {
        if (request.Identity.Key is { } key && state.UsesByKey.TryGetValue((request.Code, key), out var first))
        {
            return Outcome<Acceptance>.Again(request.Identity, first.PayloadHash, () => Acceptance.Of(first));
        }

        var invite = state.Invites.GetValueOrDefault(request.Code);
        if (InviteRules.RefusalToAccept(invite, state.Memberships.GetValueOrDefault(request.UserId), now) is { } refusal)
        {
            if (refusal.Kind == InviteRefusals.InviteExpired && invite!.IsActive)
            {
                InviteRules.Expire(invite, now);
                state.Changed.Add(invite);
            }

            return refusal;
        }

        var use = InviteRules.Use(invite!, request.UserId, request.Identity, now);
        state.Add(invite!, use);
        return Acceptance.Of(use);
    }

    protected override void Save(BulkBatch bulk, State state)
    {
        bulk.Update(state.Changed, invite => new { invite.Uses, invite.IsActive, invite.DecidedAt });
        bulk.Insert(state.NewUses);
        bulk.Insert(state.NewMemberships.OrderBy(membership => membership.UserId, StringComparer.Ordinal));
    }

    /// <summary>What the caller asks for.</summary>
    internal sealed record Request(string Code, string UserId, Identity Identity);

    /// <summary>The invites by code, and what hangs on the requests.</summary>
    internal sealed class State(Dictionary<string, Invite> invites, IEnumerable<Membership> memberships, IEnumerable<InviteUse> uses)
    {
        public Dictionary<string, Invite> Invites { get; } = invites;

        public Dictionary<string, Membership> Memberships { get; } = memberships.ToDictionary(membership => membership.UserId, StringComparer.Ordinal);

        public Dictionary<(string Code, string Key), InviteUse> UsesByKey { get; } = uses.ToDictionary(use => (use.Code, use.IdempotencyKey!));

        public HashSet<Invite> Changed { get; } = [];

        public List<InviteUse> NewUses { get; } = [];

        public List<Membership> NewMemberships { get; } = [];

        public void Add(Invite invite, InviteUse use)
        {
            Changed.Add(invite);
            var membership = new Membership { UserId = use.UserId, GroupId = use.GroupId, Code = use.Code, Generation = use.Generation, JoinedAt = use.AcceptedAt };
            NewUses.Add(use);
            NewMemberships.Add(membership);
            Memberships.Add(use.UserId, membership);
            if (use.IdempotencyKey is { } key)
            {
                UsesByKey.Add((use.Code, key), use);
            }
        }
    }
}
