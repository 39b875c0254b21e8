using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Tiebreak.Server.Tickets;

/// <summary>
/// Something with so many places, or with seats by name. Its row is what every change of its places is guarded by, so
/// that two requests for overlapping seats have one order and cannot wait for each other.
/// </summary>
internal sealed class TicketEvent
{
    /// <summary>The shard key, here and of everything below the event.</summary>
    public required Guid Id { get; init; }

    public required string Name { get; init; }

    public required int Capacity { get; init; }

    /// <summary>The places of confirmed bookings, kept in the transaction that confirms or frees them.</summary>
    public int Booked { get; set; }

    /// <summary>The places of bookings whose status is held, those included whose time is over and nobody has written that down.</summary>
    public int Held { get; set; }

    /// <summary>The most places that one buyer holds and has booked at a time; no bound when it is null.</summary>
    public int? MaxPerBuyer { get; init; }

    /// <summary>Whether the places are seats with names.</summary>
    public required bool Seated { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The time of the last decision that was written.</summary>
    public DateTimeOffset? DecidedAt { get; set; }

    /// <summary>No decision is made earlier than this, whatever the clock does.</summary>
    public DateTimeOffset LastDecided => DecidedAt ?? CreatedAt;

    private sealed class Mapping : IEntityTypeConfiguration<TicketEvent>
    {
        public void Configure(EntityTypeBuilder<TicketEvent> builder)
        {
            builder.ToTable("events", table => table.HasCheckConstraint("events_places", "booked >= 0 AND held >= 0 AND booked + held <= capacity"));
            builder.HasKey(@event => @event.Id);
            builder.Ignore(@event => @event.LastDecided);
            builder.Property(@event => @event.Id).ValueGeneratedNever();
        }
    }
}
