using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Tiebreak.Bulk;
using Tiebreak.Operations;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Tickets;

/// <summary>Makes an event. It contends with nothing but a repetition of itself, which the key's record decides.</summary>
internal sealed class CreateEvent(IGuard<SystemDb> guard) : SystemOperation<CreateEvent.Request, CreateEvent.State, Outcome<EventModel>>(guard)
{
    private const string Route = "/v1/events";

    public override string Name => "create-event";

    public override IEnumerable<string> KeysOf(Request request) => request.Identity.Key is { } key ? ["events-key/" + key] : [];

    public override int WeightOf(Request request) => 1 + (request.Seats?.Length ?? 0);

    public override Task<State> LoadSubjectsAsync(OperationScope<SystemDb> scope, IReadOnlyList<Request> requests, CancellationToken cancellationToken) =>
        Task.FromResult(new State());

    public override async Task LoadRelatedAsync(OperationScope<SystemDb> scope, State state, IReadOnlyList<Request> requests, CancellationToken cancellationToken)
    {
        state.Keys = await RequestKeys.LoadAsync(scope.Context, [.. requests.Select(request => (request.Identity, Route))], cancellationToken);
        var ids = requests.Select(request => state.Keys.Find(request.Identity, Route)).OfType<RequestKey>().Select(record => Guid.Parse(record.RecordId, CultureInfo.InvariantCulture)).ToArray();
        if (ids.Length > 0)
        {
            state.Events = await scope.Context.Set<TicketEvent>().AsNoTracking().Where(@event => ids.Contains(@event.Id)).ToDictionaryAsync(@event => @event.Id, cancellationToken);
        }
    }

    public override Outcome<EventModel> Decide(State state, Request request, DateTimeOffset now)
    {
        if (state.Keys.Find(request.Identity, Route) is { } first)
        {
            return Outcome<EventModel>.Again(request.Identity, first.PayloadHash, () => EventModel.AtCreation(state.Events[Guid.Parse(first.RecordId, CultureInfo.InvariantCulture)]));
        }

        var @event = new TicketEvent
        {
            Id = Ids.New(now),
            Name = request.Name,
            Capacity = request.Capacity,
            MaxPerBuyer = request.MaxPerBuyer,
            Seated = request.Seats is not null,
            CreatedAt = now,
        };
        state.Events.Add(@event.Id, @event);
        state.New.Add((@event, request.Seats));
        state.Keys.Add(request.Identity, Route, @event.Id.ToString("d"), now);
        return EventModel.AtCreation(@event);
    }

    protected override void Save(BulkBatch bulk, State state)
    {
        bulk.Insert(state.New.Select(made => made.Event));
        bulk.Insert(state.New.SelectMany(made => SeatsOf(made.Event.Id, made.Seats ?? [])));
        state.Keys.AddTo(bulk);
    }

    /// <summary>Made while they are written: an event may have 100,000 seats.</summary>
    private static IEnumerable<Seat> SeatsOf(Guid eventId, string[] names) =>
        names.Select((name, i) => new Seat { EventId = eventId, Name = name, Position = i + 1 });

    /// <summary>What the caller asks for.</summary>
    internal sealed record Request(string Name, int Capacity, string[]? Seats, int? MaxPerBuyer, Identity Identity);

    /// <summary>The idempotency records and the events that they name.</summary>
    internal sealed class State
    {
        public RequestKeys Keys { get; set; } = new();

        public Dictionary<Guid, TicketEvent> Events { get; set; } = [];

        public List<(TicketEvent Event, string[]? Seats)> New { get; } = [];
    }
}
