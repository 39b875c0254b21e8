using Microsoft.EntityFrameworkCore;
using Tiebreak.Operations;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Storage;

namespace Tiebreak.Server.Invites;

/// <summary>
/// Gives a code to a group. It contends on the code: of two that want one code, the primary key (code, generation) and
/// the unique index over active codes let one pass.
/// </summary>
internal sealed class CreateInvite(IGuard<TiebreakDb> guard) : SystemOperation<CreateInvite.Request, CreateInvite.State, Outcome<InviteModel>>(guard)
{
    public override string Name => "create-invite";

    public override IEnumerable<string> KeysOf(Request request) => [Keys.Invite(request.Code)];

    public override async Task<State> LoadSubjectsAsync(OperationScope<TiebreakDb> scope, IReadOnlyList<Request> requests, CancellationToken cancellationToken) =>
        new(await ActiveInvites.TakeAsync(scope, requests.Select(request => request.Code), cancellationToken));

    public override async Task LoadRelatedAsync(OperationScope<TiebreakDb> scope, State state, IReadOnlyList<Request> requests, CancellationToken cancellationToken)
    {
        var db = scope.Context;
        state.Keys = await RequestKeys.LoadAsync(db, [.. requests.Select(request => (request.Identity, request.Route))], cancellationToken);
        foreach (var record in requests.Select(request => state.Keys.Find(request.Identity, request.Route)).OfType<RequestKey>().Distinct())
        {
            var (code, generation) = Invite.ParseRecordId(record.RecordId);
            state.Made[record.RecordId] = await db.Invites.AsNoTracking().SingleAsync(invite => invite.Code == code && invite.Generation == generation, cancellationToken);
        }

        var groups = requests.Select(request => request.GroupId).Distinct().ToArray();
        state.Groups = await db.Groups.Where(group => groups.Contains(group.Id)).Select(group => group.Id).ToHashSetAsync(cancellationToken);

        var codes = requests.Select(request => request.Code).Distinct(StringComparer.Ordinal).ToArray();
        state.Generations = await db.Invites.Where(invite => codes.Contains(invite.Code)).GroupBy(invite => invite.Code)
            .Select(of => new { of.Key, Latest = of.Max(invite => invite.Generation) })
            .ToDictionaryAsync(of => of.Key, of => of.Latest, StringComparer.Ordinal, cancellationToken);
    }

    public override Outcome<InviteModel> Decide(State state, Request request, DateTimeOffset now)
    {
        if (state.Keys.Find(request.Identity, request.Route) is { } first)
        {
            return Outcome<InviteModel>.Again(request.Identity, first.PayloadHash, () => InviteModel.AtCreation(state.Made[first.RecordId]));
        }

        if (!state.Groups.Contains(request.GroupId))
        {
            return new Refusal(InviteRefusals.GroupNotFound);
        }

        if (state.Active.TryGetValue(request.Code, out var holder))
        {
            if (InviteRules.IsOpen(holder, now))
            {
                return new Refusal(InviteRefusals.CodeInUse);
            }

            // It expired and nobody wrote that down: its code is free from now on.
            holder.IsActive = false;
        }

        var invite = new Invite
        {
            Code = request.Code,
            Generation = state.Generations.GetValueOrDefault(request.Code) + 1,
            GroupId = request.GroupId,
            MaxUses = request.MaxUses,
            ExpiresAt = request.ExpiresAt,
            CreatedAt = now,
        };
        state.Add(invite, request, now);
        return InviteModel.AtCreation(invite);
    }

    public override async Task SaveAsync(OperationScope<TiebreakDb> scope, State state, CancellationToken cancellationToken)
    {
        // The code's former holder is written first: the index over active codes is checked row by row.
        await base.SaveAsync(scope, state, cancellationToken);
        scope.Context.Invites.AddRange(state.New);
        state.Keys.AddTo(scope.Context);
        await base.SaveAsync(scope, state, cancellationToken);
    }

    /// <summary>What the caller asks for.</summary>
    internal sealed record Request(Guid GroupId, string Code, int MaxUses, DateTimeOffset? ExpiresAt, Identity Identity)
    {
        public string Route => $"/v1/groups/{GroupId:d}/invites";
    }

    /// <summary>Who holds the codes, and what else the decision needs.</summary>
    internal sealed class State(Dictionary<string, Invite> active)
    {
        public Dictionary<string, Invite> Active { get; } = active;

        public RequestKeys Keys { get; set; } = new();

        public Dictionary<string, Invite> Made { get; } = new(StringComparer.Ordinal);

        public HashSet<Guid> Groups { get; set; } = [];

        public Dictionary<string, int> Generations { get; set; } = [];

        public List<Invite> New { get; } = [];

        public void Add(Invite invite, Request request, DateTimeOffset now)
        {
            New.Add(invite);
            Active[invite.Code] = invite;
            Generations[invite.Code] = invite.Generation;
            Made[invite.RecordId] = invite;
            Keys.Add(request.Identity, request.Route, invite.RecordId, now);
        }
    }
}
