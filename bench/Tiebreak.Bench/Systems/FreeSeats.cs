using System.Collections.Concurrent;
using Tiebreak.Bench.Hosting;

namespace Tiebreak.Bench.Systems;

/// <summary>
/// Hands out seats of one hot event, each once. Before each turn there are several times as many free ones as the last
/// turn took; when an event's seats are gone within a turn, the next event is the hot one.
/// </summary>
internal sealed class FreeSeats(BenchServer server, int seatsPerEvent)
{
    private readonly ConcurrentQueue<Guid> _spare = new();
    private Current _current = new(Guid.Empty, 0, 0);
    private long _taken;
    private long _takenBefore;
    private long _made;

    /// <summary>Makes what the next turn may need.</summary>
    public async Task PrepareAsync()
    {
        var needed = Math.Max(seatsPerEvent / 2, 3 * (_taken - _takenBefore));
        _takenBefore = _taken;
        while (_made - _taken < needed)
        {
            var id = Guid.NewGuid();
            await server.ExecuteAsync(FormattableString.Invariant(
                $"INSERT INTO events VALUES ('{id}', 'Seated', {seatsPerEvent}, 0, 0, NULL, true, now()); INSERT INTO seats SELECT '{id}', 'S' || i, i FROM generate_series(1, {seatsPerEvent}) i"));
            _spare.Enqueue(id);
            _made += seatsPerEvent;
        }

        // As autovacuum would have, by the time a sale opens: without it the planner knows of an empty table.
        await server.ExecuteAsync("ANALYZE seats");
    }

    /// <exception cref="InvalidOperationException">There is none left; the turn is not comparable.</exception>
    public (Guid EventId, string Seat) Next()
    {
        Interlocked.Increment(ref _taken);
        while (true)
        {
            var current = Volatile.Read(ref _current);
            var number = Interlocked.Increment(ref current.Last);
            if (number <= current.Seats)
            {
                return (current.EventId, FormattableString.Invariant($"S{number}"));
            }

            lock (_spare)
            {
                if (ReferenceEquals(current, _current))
                {
                    _current = _spare.TryDequeue(out var next)
                        ? new Current(next, seatsPerEvent, 0)
                        : throw new InvalidOperationException("The seats ran out within a turn: ask for shorter rounds.");
                }
            }
        }
    }

    private sealed class Current(Guid eventId, int seats, int last)
    {
        public readonly Guid EventId = eventId;
        public readonly int Seats = seats;
        public int Last = last;
    }
}
