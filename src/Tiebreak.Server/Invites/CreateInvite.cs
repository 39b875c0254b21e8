using Microsoft.EntityFrameworkCore;
using Tiebreak.Bulk;
using Tiebreak.Operations;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Invites;

/// <summary>
/// Gives a code to a group. It contends on the code: of two that want one code, the primary key (code, generation) and
/// the unique index over active codes let one pass.
/// </summary>
internal sealed class CreateInvite(IGuard<SystemDb> guard) : SystemOperation<CreateInvite.Request, CreateInvite.State, Outcome<InviteModel>>(guard)
{
    public override string Name => "create-invite";

    public override IEnumerable<string> KeysOf(Request request) => [Keys.Invite(request.Code)];

    public override async Task<State> LoadSubjectsAsync(OperationScope<SystemDb> scope, IReadOnlyList<Request> requests, CancellationToken cancellationToken) =>
        new(await ActiveInvites.TakeAsync(scope, requests.Select(request => request.Code), cancellationToken));

    public override async Task LoadRelatedAsync(OperationScope<SystemDb> scope, State state, IReadOnlyList<Request> requests, CancellationToken cancellationToken)
    {
        var db = scope.Context;
        state.Keys = await RequestKeys.LoadAsync(db, [.. requests.Select(request => (request.Identity, request.Route))], cancellationToken);
        var made = requests.Select(request => state.Keys.Find(request.Identity, request.Route)).OfType<RequestKey>().Distinct()
            .Select(record => Invite.ParseRecordId(record.RecordId)).ToList();
        if (made.Count > 0)
        {
            var madeCodes = made.Select(one => one.Code).ToArray();
            var madeGenerations = made.Select(one => one.Generation).ToArray();
            await foreach (var invite in db.Set<Invite>().FromSql(
                $"SELECT invite.* FROM unnest({madeCodes}, {madeGenerations}) AS asked (code, generation) JOIN invites AS invite USING (code, generation)")
                .AsNoTracking().AsAsyncEnumerable().WithCancellation(cancellationToken))
            {
                state.Made[invite.RecordId] = invite;
            }
        }

        var groups = requests.Select(request => request.GroupId).Distinct().ToArray();
        state.Groups = await db.Set<Group>().Where(group => groups.Contains(group.Id)).Select(group => group.Id).ToHashSetAsync(cancellationToken);

        var codes = requests.Select(request => request.Code).Distinct(StringComparer.Ordinal).ToArray();
        state.Generations = await db.Set<Invite>().Where(invite => codes.Contains(invite.Code)).GroupBy(invite => invite.Code)
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
            state.Close(holder, now);
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

    protected override void Save(BulkBatch bulk, State state)
    {
        // The code's former holder is written first: the index over active codes is checked row by row.
        bulk.Update(state.Closed, invite => new { invite.IsActive, invite.DecidedAt });
        bulk.Insert(state.New.OrderBy(invite => invite.Code, StringComparer.Ordinal).ThenBy(invite => invite.Generation));
        state.Keys.AddTo(bulk);
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

        public HashSet<Invite> New { get; } = [];

        public List<Invite> Closed { get; } = [];

        public void Close(Invite holder, DateTimeOffset now)
        {
            InviteRules.Expire(holder, now);
            if (!New.Contains(holder))
            {
                Closed.Add(holder);
            }
        }

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
