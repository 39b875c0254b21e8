using Npgsql;

namespace Tiebreak.Server.Tests.Support;

/// <summary>Rows that a second connection holds, as somebody's long change would; let go by the disposal.</summary>
public sealed class HeldRows : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private HeldRows(NpgsqlConnection connection, NpgsqlTransaction transaction)
    {
        _connection = connection;
        _transaction = transaction;
    }

    /// <param name="connectionString">The server's database.</param>
    /// <param name="table">Whose row.</param>
    /// <param name="column">A text or an id.</param>
    /// <param name="value">Its value in the row.</param>
    public static async Task<HeldRows> TakeAsync(string connectionString, string table, string column, string value)
    {
        var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        var transaction = await connection.BeginTransactionAsync();
        await using var hold = new NpgsqlCommand($"SELECT count(*) FROM (SELECT 1 FROM {table} WHERE {column}::text = $1 FOR UPDATE) held", connection, transaction);
        hold.Parameters.Add(new NpgsqlParameter { Value = value });
        Assert.Equal(1L, await hold.ExecuteScalarAsync());
        return new HeldRows(connection, transaction);
    }

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
