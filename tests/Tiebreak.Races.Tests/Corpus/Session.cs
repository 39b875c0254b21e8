using Npgsql;

namespace Tiebreak.Races.Tests.Corpus;

/// <summary>An actor's one connection, on which it speaks SQL.</summary>
internal sealed class Session(NpgsqlConnection connection)
{
    /// <summary>Runs a statement; returns the number of rows it changed.</summary>
    public async Task<int> RunAsync(string sql, params object[] values)
    {
        await using var command = Command(sql, values);
        return await command.ExecuteNonQueryAsync();
    }

    /// <summary>The first value of the first row; the default where there is no row or it is NULL.</summary>
    public async Task<T?> ReadAsync<T>(string sql, params object[] values)
    {
        await using var command = Command(sql, values);
        return await command.ExecuteScalarAsync() is T value ? value : default;
    }

    /// <summary>Ends a transaction that is to have no effect.</summary>
    public async Task<string> RefuseAsync(string answer)
    {
        await RunAsync("ROLLBACK");
        return answer;
    }

    private NpgsqlCommand Command(string sql, object[] values)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return command;
    }
}
