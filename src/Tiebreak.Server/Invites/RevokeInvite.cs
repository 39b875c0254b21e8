using Microsoft.EntityFrameworkCore;
using Tiebreak.Bulk;
using Tiebreak.Operations;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Invites;

/// <summary>Takes an invite back, at once. It contends on the code; one that is closed already stays as it is.</summary>
internal sealed class RevokeInvite(IGuard<SystemDb> guard) : SystemOperation<RevokeInvite.Request, RevokeInvite.State, Outcome<Done>>(guard)
{
    public override string Name => "revoke-invite";

    public override IEnumerable<string> KeysOf(Request request) => [Keys.Invite(request.Code)];

    public override async Task<State> LoadSubjectsAsync(OperationScope<SystemDb> scope, IReadOnlyList<Request> requests, CancellationToken cancellationToken) =>
        new(await ActiveInvites.TakeAsync(scope, requests.Select(request => request.Code), cancellationToken));

    public override async Task LoadRelatedAsync(OperationScope<SystemDb> scope, State state, IReadOnlyList<Request> requests, CancellationToken cancellationToken)
    {
        var codes = requests.Select(request => request.Code).Where(code => !state.Active.ContainsKey(code)).Distinct(StringComparer.Ordinal).ToArray();
        if (codes.Length > 0)
        {
            state.Closed = await scope.Context.Set<Invite>().Where(invite => codes.Contains(invite.Code)).Select(invite => invite.Code).Distinct()
                .ToHashSetAsync(StringComparer.Ordinal, cancellationToken);
        }
    }

    public override Outcome<Done> Decide(State state, Request request, DateTimeOffset now)
    {
        if (state.Active.TryGetValue(request.Code, out var invite) && invite.IsActive)
        {
            invite.IsActive = false;
            invite.RevokedAt = now;
            invite.DecidedAt = now;
            state.Revoked.Add(invite);
        }

        return invite is not null || state.Closed.Contains(request.Code) ? Done.Instance : new Refusal(InviteRefusals.InviteNotFound);
    }

    protected override void Save(BulkBatch bulk, State state) => bulk.Update(state.Revoked, invite => new { invite.IsActive, invite.RevokedAt, invite.DecidedAt });

    /// <summary>What the caller asks for.</summary>
    internal sealed record Request(string Code);

    /// <summary>The active invites of the codes, and the codes that were ever given out.</summary>
    internal sealed class State(Dictionary<string, Invite> active)
    {
        public Dictionary<string, Invite> Active { get; } = active;

        /// <summary>Codes that are known and have no active invite.</summary>
        public HashSet<string> Closed { get; set; } = [];

        public List<Invite> Revoked { get; } = [];
    }
}
