using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Tiebreak.Bulk;
using Tiebreak.Operations;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Invites;

/// <summary>Makes a group. It contends with nothing but a repetition of itself, which the key's record decides.</summary>
internal sealed class CreateGroup(IGuard<SystemDb> guard) : SystemOperation<CreateGroup.Request, CreateGroup.State, Outcome<GroupModel>>(guard)
{
    private const string Route = "/v1/groups";

    public override string Name => "create-group";

    public override IEnumerable<string> KeysOf(Request request) => request.Identity.Key is { } key ? ["groups-key/" + key] : [];

    public override Task<State> LoadSubjectsAsync(OperationScope<SystemDb> scope, IReadOnlyList<Request> requests, CancellationToken cancellationToken) =>
        Task.FromResult(new State());

    public override async Task LoadRelatedAsync(OperationScope<SystemDb> scope, State state, IReadOnlyList<Request> requests, CancellationToken cancellationToken)
    {
        state.Keys = await RequestKeys.LoadAsync(scope.Context, [.. requests.Select(request => (request.Identity, Route))], cancellationToken);
        var ids = requests.Select(request => state.Keys.Find(request.Identity, Route)).OfType<RequestKey>().Select(record => Guid.Parse(record.RecordId, CultureInfo.InvariantCulture)).ToArray();
        if (ids.Length > 0)
        {
            state.Groups = await scope.Context.Set<Group>().AsNoTracking().Where(group => ids.Contains(group.Id)).ToDictionaryAsync(group => group.Id, cancellationToken);
        }
    }

    public override Outcome<GroupModel> Decide(State state, Request request, DateTimeOffset now)
    {
        if (state.Keys.Find(request.Identity, Route) is { } first)
        {
            return Outcome<GroupModel>.Again(request.Identity, first.PayloadHash, () => AtCreation(state.Groups[Guid.Parse(first.RecordId, CultureInfo.InvariantCulture)]));
        }

        var group = new Group { Id = Ids.New(now), Name = request.Name, CreatedAt = now };
        state.Groups.Add(group.Id, group);
        state.New.Add(group);
        state.Keys.Add(request.Identity, Route, group.Id.ToString("d"), now);
        return AtCreation(group);
    }

    protected override void Save(BulkBatch bulk, State state)
    {
        bulk.Insert(state.New);
        state.Keys.AddTo(bulk);
    }

    private static GroupModel AtCreation(Group group) => new(group.Id, group.Name, 0, group.CreatedAt);

    /// <summary>What the caller asks for.</summary>
    internal sealed record Request(string Name, Identity Identity);

    /// <summary>The idempotency records and the groups that they name.</summary>
    internal sealed class State
    {
        public RequestKeys Keys { get; set; } = new();

        public Dictionary<Guid, Group> Groups { get; set; } = [];

        public List<Group> New { get; } = [];
    }
}
