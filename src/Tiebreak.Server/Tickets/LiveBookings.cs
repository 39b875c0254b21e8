namespace Tiebreak.Server.Tickets;

/// <summary>The bookings that have places.</summary>
internal static class LiveBookings
{
    /// <summary>The event's confirmed bookings and the holds whose time is not over. The first condition is that of the indexes.</summary>
    public static IQueryable<Booking> LiveOf(this IQueryable<Booking> bookings, Guid eventId, DateTimeOffset now) => bookings.Where(booking =>
        booking.EventId == eventId
        && (booking.Status == BookingStatus.Held || booking.Status == BookingStatus.Confirmed)
        && (booking.Status == BookingStatus.Confirmed || booking.HoldExpiresAt > now));
}
