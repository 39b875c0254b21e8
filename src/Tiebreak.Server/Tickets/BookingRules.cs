using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Tickets;

/// <summary>Who gets which places. Pure: rows and the time go in, an answer comes out.</summary>
internal static class BookingRules
{
    public const int MaxCapacity = 10_000_000;
    public const int MaxSeats = 100_000;
    public const int MaxQuantity = 1000;
    public const int MaxHoldSeconds = 86_400;

    public static int Available(TicketEvent @event) => @event.Capacity - @event.Booked - @event.Held;

    /// <summary>A hold ends at its expiry, not after it.</summary>
    public static bool IsExpired(Booking booking, DateTimeOffset now) =>
        booking.Status == BookingStatus.Expired || (booking.Status == BookingStatus.Held && booking.HoldExpiresAt <= now);

    public static SeatState StateOf(Seat seat, DateTimeOffset now) =>
        seat.BookingId is null || seat.HeldUntil <= now ? SeatState.Free
        : seat.HeldUntil is null ? SeatState.Booked
        : SeatState.Held;

    /// <summary>Why the buyer does not get these places now; <see langword="null"/> when they do.</summary>
    /// <param name="event">The event, less the holds that are over.</param>
    /// <param name="wish">What is asked for.</param>
    /// <param name="seats">Those of the wished seats that the event has.</param>
    /// <param name="buyerPlaces">How many places the buyer holds and has booked; only looked at where the event bounds it.</param>
    /// <param name="now">The time after the guard was taken.</param>
    public static Refusal? RefusalToBook(TicketEvent @event, Wish wish, IReadOnlyDictionary<string, Seat> seats, int buyerPlaces, DateTimeOffset now)
    {
        if (@event.Seated != wish.Seats is not null)
        {
            return TicketRefusals.DoesNotFit("/seats", @event.Seated
                ? "This event has seats: name those that are to be booked."
                : "This event has places without names: leave this out and give a quantity.");
        }

        if (wish.Seats?.Where(name => !seats.ContainsKey(name)).ToArray() is { Length: > 0 } unknown)
        {
            return new Refusal(TicketRefusals.SeatNotFound, ("seats", unknown));
        }

        if (@event.MaxPerBuyer is { } most && (long)buyerPlaces + wish.Quantity > most)
        {
            return new Refusal(TicketRefusals.BuyerLimit, ("maxPerBuyer", most));
        }

        if (wish.Seats?.Where(name => StateOf(seats[name], now) != SeatState.Free).ToArray() is { Length: > 0 } taken)
        {
            return new Refusal(TicketRefusals.SeatTaken, ("seats", taken));
        }

        return Available(@event) < wish.Quantity ? new Refusal(TicketRefusals.SoldOut, ("available", Available(@event))) : null;
    }

    /// <summary>Takes the places that <see cref="RefusalToBook"/> did not refuse.</summary>
    public static Booking Book(TicketEvent @event, Wish wish, IReadOnlyDictionary<string, Seat> seats, Identity identity, DateTimeOffset now)
    {
        var booking = new Booking
        {
            EventId = @event.Id,
            Id = Ids.New(now),
            BuyerId = wish.BuyerId,
            Quantity = wish.Quantity,
            Seats = wish.Seats,
            Status = wish.Hold is null ? BookingStatus.Confirmed : BookingStatus.Held,
            HoldExpiresAt = now + wish.Hold,
            CreatedAt = now,
            ConfirmedAt = wish.Hold is null ? now : null,
            IdempotencyKey = identity.Key,
            PayloadHash = identity.PayloadHash,
        };
        Count(@event, booking, booking.Quantity, now);
        foreach (var name in wish.Seats ?? [])
        {
            seats[name].BookingId = booking.Id;
            seats[name].HeldUntil = booking.HoldExpiresAt;
        }

        return booking;
    }

    /// <summary>Why the booking cannot be confirmed now; <see langword="null"/> when it can, or is.</summary>
    /// <param name="booking">What is to be confirmed.</param>
    /// <param name="ownSeats">How many of its seats are still its own: the right to a seat lies in the seat's row.</param>
    /// <param name="now">The time after the guard was taken.</param>
    public static Refusal? RefusalToConfirm(Booking? booking, int ownSeats, DateTimeOffset now) =>
        booking is null ? new Refusal(TicketRefusals.BookingNotFound)
        : booking.Status == BookingStatus.Cancelled ? new Refusal(TicketRefusals.BookingCancelled)
        : IsExpired(booking, now) || (booking is { Status: BookingStatus.Held, Seats: { } seats } && ownSeats < seats.Length) ? new Refusal(TicketRefusals.HoldExpired)
        : null;

    /// <summary>Makes a hold the buyer's for good.</summary>
    public static void Confirm(TicketEvent @event, Booking booking, Identity identity, DateTimeOffset now)
    {
        Count(@event, booking, -booking.Quantity, now);
        booking.Status = BookingStatus.Confirmed;
        booking.ConfirmedAt = now;
        booking.ConfirmIdempotencyKey = identity.Key;
        Count(@event, booking, booking.Quantity, now);
    }

    /// <summary>Gives the places back, once: whether there were any to give.</summary>
    public static bool Free(TicketEvent @event, Booking booking, DateTimeOffset now)
    {
        if (booking.Status is BookingStatus.Cancelled or BookingStatus.Expired)
        {
            return false;
        }

        Count(@event, booking, -booking.Quantity, now);
        booking.Status = IsExpired(booking, now) ? BookingStatus.Expired : BookingStatus.Cancelled;
        return true;
    }

    /// <summary>Writes down that a hold's time is over.</summary>
    public static void Expire(TicketEvent @event, Booking booking, DateTimeOffset now)
    {
        Count(@event, booking, -booking.Quantity, now);
        booking.Status = BookingStatus.Expired;
    }

    private static void Count(TicketEvent @event, Booking booking, int places, DateTimeOffset now)
    {
        @event.DecidedAt = now;
        if (booking.Status == BookingStatus.Held)
        {
            @event.Held += places;
        }
        else
        {
            @event.Booked += places;
        }
    }
}

/// <summary>What a buyer asks for.</summary>
/// <param name="BuyerId">The caller's id of the person.</param>
/// <param name="Quantity">How many places; with seats, how many seats.</param>
/// <param name="Seats">Which seats, each once; <see langword="null"/> where any place will do.</param>
/// <param name="Hold">How long the places are kept unconfirmed; <see langword="null"/> to book at once.</param>
internal sealed record Wish(string BuyerId, int Quantity, string[]? Seats, TimeSpan? Hold);
