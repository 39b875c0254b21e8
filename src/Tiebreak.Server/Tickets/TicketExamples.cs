namespace Tiebreak.Server.Tickets;

/// <summary>Answers for the OpenAPI document: one event, two of whose places are held.</summary>
internal static class TicketExamples
{
    private static readonly Guid EventId = new("01943c7e-5c8e-7f10-a2b3-c4d5e6f70819");
    private static readonly DateTimeOffset CreatedAt = new(2030, 1, 6, 9, 30, 0, TimeSpan.Zero);

    public static readonly EventModel Event = new(EventId, "Spring concert", Capacity: 100, Booked: 0, Held: 2, Available: 98, MaxPerBuyer: 4, Seated: false, CreatedAt);
    public static readonly SeatModel Seat = new("A1", SeatState.Free);
    public static readonly BookingModel Booking = new(new Guid("01943c7e-2b1f-7c3a-9d5e-4f6a7b8c9d0e"), EventId, "ada", 2, Seats: null, BookingState.Held, CreatedAt.AddMinutes(10), CreatedAt);
    public static readonly BookingModel Confirmed = Booking with { Status = BookingState.Confirmed, ExpiresAt = null };
}
