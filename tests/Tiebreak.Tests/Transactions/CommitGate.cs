using System.Globalization;
using Npgsql;

namespace Tiebreak.Tests.Transactions;

/// <summary>
/// Keeps every COMMIT that changed a certain stock waiting, inside COMMIT: a deferred constraint trigger asks for an
/// advisory lock that this connection holds.
/// </summary>
internal sealed class CommitGate : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;

    private CommitGate(NpgsqlConnection connection) => _connection = connection;

    /// <summary>Those who wait at the gate wait behind this backend.</summary>
    public int Pid => _connection.ProcessID;

    public static async Task<CommitGate> CloseAsync(StockDatabase database, int stockId)
    {
        await database.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"""
            CREATE FUNCTION wait_{stockId}() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN PERFORM pg_advisory_xact_lock({stockId}); RETURN NULL; END';
            CREATE CONSTRAINT TRIGGER wait_{stockId} AFTER UPDATE ON stocks DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW WHEN (NEW.id = {stockId}) EXECUTE FUNCTION wait_{stockId}()
            """));
        var connection = await database.Source.OpenConnectionAsync();
        await using var command = new NpgsqlCommand(string.Create(CultureInfo.InvariantCulture, $"SELECT pg_advisory_lock({stockId})"), connection);
        await command.ExecuteNonQueryAsync();
        return new CommitGate(connection);
    }

    public async ValueTask DisposeAsync()
    {
        await using var command = new NpgsqlCommand("SELECT pg_advisory_unlock_all()", _connection);
        await command.ExecuteNonQueryAsync();
        await _connection.DisposeAsync();
    }
}
