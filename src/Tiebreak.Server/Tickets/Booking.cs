using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Tiebreak.Server.Tickets;

/// <summary>What has become of a booking. The numbers are those in the table and in its partial indexes.</summary>
internal enum BookingStatus : short
{
    /// <summary>Its places are kept until its hold expires.</summary>
    Held = 0,

    /// <summary>Its places are the buyer's.</summary>
    Confirmed = 1,

    /// <summary>Somebody gave its places back.</summary>
    Cancelled = 2,

    /// <summary>Its hold ran out, and that was written down.</summary>
    Expired = 3,
}

/// <summary>
/// Places of an event that one buyer holds or has booked, all of them or none. It is also the idempotency record of
/// the request that made it and of the one that confirmed it.
/// </summary>
internal sealed class Booking
{
    public required Guid EventId { get; init; }

    public required Guid Id { get; init; }

    public required string BuyerId { get; init; }

    public required int Quantity { get; init; }

    /// <summary>The seats' names in the order in which they were asked for; null where the event has none.</summary>
    public string[]? Seats { get; init; }

    public BookingStatus Status { get; set; }

    /// <summary>When the hold ends or would have ended; null when the booking began confirmed. Never changes, so that the first answer can be given again.</summary>
    public DateTimeOffset? HoldExpiresAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? ConfirmedAt { get; set; }

    public string? IdempotencyKey { get; init; }

    public byte[]? PayloadHash { get; init; }

    /// <summary>The key of the confirm that took effect. It needs no hash: a confirm has no payload beside its address.</summary>
    public string? ConfirmIdempotencyKey { get; set; }

    private sealed class Mapping : IEntityTypeConfiguration<Booking>
    {
        public void Configure(EntityTypeBuilder<Booking> builder)
        {
            builder.ToTable("bookings", table =>
            {
                table.HasCheckConstraint("bookings_places", "quantity >= 1 AND (seats IS NULL OR cardinality(seats) = quantity)");
                table.HasCheckConstraint("bookings_hold", "status IN (1, 2) OR hold_expires_at IS NOT NULL");
            });
            builder.HasKey(booking => new { booking.EventId, booking.Id });
            builder.HasIndex(booking => new { booking.EventId, booking.IdempotencyKey }).IsUnique().HasFilter("idempotency_key IS NOT NULL").HasDatabaseName("bookings_idempotency_key");
            builder.HasIndex(booking => new { booking.EventId, booking.HoldExpiresAt }).HasFilter("status = 0").IncludeProperties(booking => new { booking.Id, booking.Quantity }).HasDatabaseName("bookings_holds");
            builder.HasIndex(booking => new { booking.EventId, booking.Id }).HasFilter("status IN (0, 1)").HasDatabaseName("bookings_live");
            builder.HasIndex(booking => new { booking.EventId, booking.BuyerId, booking.Id }).HasFilter("status IN (0, 1)").HasDatabaseName("bookings_live_by_buyer");
        }
    }
}
