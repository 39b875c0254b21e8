namespace Tiebreak.Server.Tickets;

/// <summary>One event, with what its requests look at.</summary>
internal sealed class Sale(TicketEvent @event)
{
    public TicketEvent Event { get; } = @event;

    public Dictionary<string, Booking> ByKey { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, Seat> Seats { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, int> PlacesByBuyer { get; } = new(StringComparer.Ordinal);

    public List<Booking> New { get; } = [];

    public bool IsChanged => New.Count > 0;

    public IEnumerable<Seat> TakenSeats => New.SelectMany(booking => booking.Seats ?? []).Select(name => Seats[name]);

    public void Add(Booking booking)
    {
        New.Add(booking);
        PlacesByBuyer[booking.BuyerId] = PlacesByBuyer.GetValueOrDefault(booking.BuyerId) + booking.Quantity;
        if (booking.IdempotencyKey is { } key)
        {
            ByKey.Add(key, booking);
        }
    }
}
