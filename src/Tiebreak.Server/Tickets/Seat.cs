using System.Text.Json.Serialization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Tiebreak.Server.Tickets;

/// <summary>Whether a seat can be had.</summary>
internal enum SeatState
{
    /// <summary>Anyone may book it.</summary>
    [JsonStringEnumMemberName("free")]
    Free,

    /// <summary>It is free again when the hold expires or is cancelled.</summary>
    [JsonStringEnumMemberName("held")]
    Held,

    /// <summary>It is somebody's.</summary>
    [JsonStringEnumMemberName("booked")]
    Booked,
}

/// <summary>
/// A seat of an event. One row, one holder: the database itself cannot hold a seat twice. When a hold runs out nobody
/// writes here; the seat is free because its time is over, and keeps the name of its last holder until the next one.
/// </summary>
internal sealed class Seat
{
    public required Guid EventId { get; init; }

    public required string Name { get; init; }

    /// <summary>1 for the seat that was named first.</summary>
    public required int Position { get; init; }

    public Guid? BookingId { get; set; }

    /// <summary>When the hold ends; null on a free seat and on one that is booked for good.</summary>
    public DateTimeOffset? HeldUntil { get; set; }

    private sealed class Mapping : IEntityTypeConfiguration<Seat>
    {
        public void Configure(EntityTypeBuilder<Seat> builder)
        {
            builder.ToTable("seats", table => table.HasCheckConstraint("seats_hold", "held_until IS NULL OR booking_id IS NOT NULL"));
            builder.HasKey(seat => new { seat.EventId, seat.Name });
            builder.HasIndex(seat => new { seat.EventId, seat.Position }).IsUnique().HasDatabaseName("seats_by_position");
        }
    }
}
