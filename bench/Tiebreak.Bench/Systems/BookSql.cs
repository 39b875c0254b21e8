using Npgsql;

namespace Tiebreak.Bench.Systems;

/// <summary>
/// What others would write by hand to book: lock the event, look, write, COMMIT. The same tables, the same uniqueness,
/// the same records as the server; a repeated idempotency key is left to the unique index.
/// </summary>
internal sealed class BookSql(NpgsqlDataSource source)
{
    public async Task<int> PlaceAsync(Guid eventId, string buyer)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await LockAsync(connection, eventId);
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { Booking(eventId, Guid.NewGuid(), buyer, null), Count(eventId) } };
        await batch.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
        return 1;
    }

    public async Task<int> SeatAsync(Guid eventId, string seat, string buyer)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await LockAsync(connection, eventId);
        await FreeAsync(connection, eventId, seat);
        var booking = Guid.NewGuid();
        var take = new NpgsqlBatchCommand("UPDATE seats SET booking_id = $3, held_until = NULL WHERE event_id = $1 AND name = $2")
        {
            Parameters = { new() { Value = eventId }, new() { Value = seat }, new() { Value = booking } },
        };
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { take, Booking(eventId, booking, buyer, [seat]), Count(eventId) } };
        await batch.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
        return 1;
    }

    private static async Task LockAsync(NpgsqlConnection connection, Guid eventId)
    {
        await using var command = new NpgsqlCommand("SELECT capacity, booked, held FROM events WHERE id = $1 FOR NO KEY UPDATE", connection)
        {
            Parameters = { new() { Value = eventId } },
        };
        await using var reader = await command.ExecuteReaderAsync();
        if (!await reader.ReadAsync() || reader.GetInt32(0) - reader.GetInt32(1) - reader.GetInt32(2) < 1)
        {
            throw new InvalidOperationException("Sold out.");
        }
    }

    private static async Task FreeAsync(NpgsqlConnection connection, Guid eventId, string seat)
    {
        await using var command = new NpgsqlCommand("SELECT booking_id, held_until FROM seats WHERE event_id = $1 AND name = $2", connection)
        {
            Parameters = { new() { Value = eventId }, new() { Value = seat } },
        };
        await using var reader = await command.ExecuteReaderAsync();
        if (!await reader.ReadAsync() || !await reader.IsDBNullAsync(0))
        {
            throw new InvalidOperationException("Taken.");
        }
    }

    private static NpgsqlBatchCommand Booking(Guid eventId, Guid id, string buyer, string[]? seats) => new("""
        INSERT INTO bookings (event_id, id, buyer_id, quantity, seats, status, created_at, confirmed_at, idempotency_key, payload_hash)
        VALUES ($1, $2, $3, 1, $4, 1, now(), now(), $3, $5)
        """)
    {
        Parameters =
        {
            new() { Value = eventId },
            new() { Value = id },
            new() { Value = buyer },
            new() { Value = (object?)seats ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Text },
            new() { Value = new byte[32] },
        },
    };

    private static NpgsqlBatchCommand Count(Guid eventId) =>
        new("UPDATE events SET booked = booked + 1 WHERE id = $1") { Parameters = { new() { Value = eventId } } };
}
