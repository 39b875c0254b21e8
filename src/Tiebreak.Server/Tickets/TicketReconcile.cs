using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Tickets;

/// <summary>
/// Recounts the events' places from their bookings, and the seats' holders. Each check is one statement, which sees
/// one moment, so that a server at work shows no difference that is none.
/// </summary>
internal sealed class TicketReconcile(IDbContextFactory<SystemDb> contexts, DecisionTime time) : IReconcile
{
    private static readonly TimeSpan LongestStatement = TimeSpan.FromHours(1);

    public string System => "tickets";

    public async IAsyncEnumerable<Drift> FindAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        db.Database.SetCommandTimeout(LongestStatement);
        await foreach (var place in Places(db).AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            foreach (var (column, stored, recounted) in new[] { ("booked", place.Booked, place.RecountedBooked), ("held", place.Held, place.RecountedHeld), ("capacity", place.Capacity, place.RecountedCapacity) })
            {
                if (stored != recounted)
                {
                    yield return new Drift("events", place.EventId.ToString("d"), column, stored.ToString(CultureInfo.InvariantCulture), recounted.ToString(CultureInfo.InvariantCulture));
                }
            }
        }

        await foreach (var seat in Holders(db, await time.NowAsync(db, cancellationToken)).AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            yield return new Drift("seats", $"{seat.EventId:d}/{seat.Name}", "booking_id", seat.Stored, seat.Recounted);
        }
    }

    private static IQueryable<PlaceRow> Places(SystemDb db) => db.Database.SqlQuery<PlaceRow>(
        $"""
        SELECT e.id AS "EventId", e.booked::bigint AS "Booked", e.held::bigint AS "Held", e.capacity::bigint AS "Capacity",
            coalesce(b.booked, 0) AS "RecountedBooked", coalesce(b.held, 0) AS "RecountedHeld",
            CASE WHEN e.seated THEN coalesce(s.seats, 0) ELSE e.capacity END AS "RecountedCapacity"
        FROM events e
        LEFT JOIN (
            SELECT event_id, sum(quantity) FILTER (WHERE status = 1) AS booked, sum(quantity) FILTER (WHERE status = 0) AS held
            FROM bookings WHERE status IN (0, 1) GROUP BY event_id) b ON b.event_id = e.id
        LEFT JOIN (SELECT event_id, count(*) AS seats FROM seats GROUP BY event_id) s ON s.event_id = e.id
        WHERE e.booked <> coalesce(b.booked, 0) OR e.held <> coalesce(b.held, 0) OR (e.seated AND e.capacity <> coalesce(s.seats, 0))
        """);

    /// <summary>A holder with its time, on either side: a seat that keeps the right name and the wrong time differs too.</summary>
    private static IQueryable<HolderRow> Holders(SystemDb db, DateTimeOffset now) => db.Database.SqlQuery<HolderRow>(
        $"""
        SELECT coalesce(s.event_id, b.event_id) AS "EventId", coalesce(s.name, b.name) AS "Name",
            coalesce(s.booking_id::text || coalesce(to_char(s.held_until AT TIME ZONE 'UTC', '" until "YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), ''), 'none') AS "Stored",
            coalesce(b.id::text || coalesce(to_char(b.held_until AT TIME ZONE 'UTC', '" until "YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), ''), 'none') AS "Recounted"
        FROM (
            SELECT event_id, seats.name, booking_id, held_until FROM seats JOIN events e ON e.id = event_id
            WHERE booking_id IS NOT NULL AND (held_until IS NULL OR held_until > greatest({now}, e.decided_at, e.created_at))) s
        FULL JOIN (
            SELECT event_id, bookings.id, seat.name COLLATE "C" AS name, CASE WHEN status = 0 THEN hold_expires_at END AS held_until
            FROM bookings JOIN events e ON e.id = event_id, unnest(seats) AS seat (name)
            WHERE status = 1 OR (status = 0 AND hold_expires_at > greatest({now}, e.decided_at, e.created_at))) b
            ON b.event_id = s.event_id AND b.name = s.name
        WHERE s.booking_id IS DISTINCT FROM b.id OR s.held_until IS DISTINCT FROM b.held_until
        """);

    private sealed record PlaceRow(Guid EventId, long Booked, long Held, long Capacity, long RecountedBooked, long RecountedHeld, long RecountedCapacity);

    private sealed record HolderRow(Guid EventId, string Name, string Stored, string Recounted);
}
