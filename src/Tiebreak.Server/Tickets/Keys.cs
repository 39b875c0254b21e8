namespace Tiebreak.Server.Tickets;

/// <summary>What the changes of events contend on: the event, for all of its places, seats and bookings.</summary>
internal static class Keys
{
    public static string Event(Guid eventId) => "event/" + eventId.ToString("d");
}
