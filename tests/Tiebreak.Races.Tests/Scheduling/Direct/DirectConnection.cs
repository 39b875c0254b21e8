using System.Text.Json;
using Npgsql;
using Tiebreak.Races.Traces;
using Tiebreak.Races.Wire;

namespace Tiebreak.Races.Tests.Scheduling.Direct;

/// <summary>A connection behind a <see cref="DirectGate"/>.</summary>
internal sealed class DirectConnection
{
    private readonly NpgsqlConnection _connection;
    private readonly List<RowChange> _changes = [];
    private Task _running = Task.CompletedTask;
    private bool _hasFailed;

    private readonly string _database;

    private DirectConnection(NpgsqlConnection connection, string database, int number)
    {
        _database = database;
        _connection = connection;
        Number = number;
        Pid = connection.ProcessID;
        connection.Notice += (_, e) => Note(e.Notice);
    }

    public int Number { get; }

    public int Pid { get; }

    public bool IsInTransaction { get; private set; }

    public bool IsOpen { get; private set; } = true;

    public static async Task<DirectConnection> OpenAsync(string database, int number)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Pooling = false, IncludeErrorDetail = true }.ConnectionString);
        await connection.OpenAsync();
        return new DirectConnection(connection, database, number);
    }

    public async Task<(StatementResult Result, object? Value, Exception? Failure)> RunAsync(string sql)
    {
        var task = RunCoreAsync(sql);
        _running = task;
        return await task;
    }

    public async Task EndAsync(bool close)
    {
        if (close && IsOpen)
        {
            IsOpen = false;
            // Ends a statement that waits for a lock, too.
            await using var killer = new NpgsqlConnection(_database);
            await killer.OpenAsync();
            await using var kill = new NpgsqlCommand($"SELECT pg_terminate_backend({Pid}, 5000)", killer);
            await kill.ExecuteNonQueryAsync();
        }

        await _running;
        if (IsOpen && IsInTransaction)
        {
            await RunAsync("ROLLBACK");
        }
        else if (!IsOpen)
        {
            await _connection.DisposeAsync();
        }
    }

    private async Task<(StatementResult Result, object? Value, Exception? Failure)> RunCoreAsync(string sql)
    {
        _changes.Clear();
        try
        {
            await using var command = new NpgsqlCommand(sql, _connection);
            await using var reader = await command.ExecuteReaderAsync();
            var value = await reader.ReadAsync() ? reader.GetValue(0) : null;
            var rows = value is null ? 0 : 1;
            while (await reader.ReadAsync())
            {
                rows++;
            }

            await reader.CloseAsync();
            var verb = sql.Split(' ')[0];
            var tag = verb is "SELECT" ? $"SELECT {rows}" : reader.RecordsAffected >= 0 ? $"{verb} {reader.RecordsAffected}" : _hasFailed && verb == "COMMIT" ? "ROLLBACK" : verb;
            IsInTransaction = verb == "BEGIN" || (IsInTransaction && verb is not ("COMMIT" or "ROLLBACK"));
            _hasFailed &= IsInTransaction;
            return (new StatementResult(tag, null, null, IsInTransaction ? 'T' : 'I', [.. _changes]), value, null);
        }
        catch (PostgresException exception) when (exception.SqlState != "57P01")
        {
            _hasFailed = IsInTransaction;
            return (new StatementResult(null, exception.SqlState, exception.MessageText, IsInTransaction ? 'E' : 'I', []), null, exception);
        }
        catch (NpgsqlException exception)
        {
            (IsOpen, IsInTransaction) = (false, false);
            return (new StatementResult(null, "08006", exception.Message, 'I', []), null, exception);
        }
    }

    private void Note(PostgresNotice notice)
    {
        if (notice.MessageText == "tiebreak:row")
        {
            var json = JsonDocument.Parse(notice.Detail!).RootElement;
            string? Part(string name) => json.GetProperty(name) is { ValueKind: not JsonValueKind.Null } value ? value.GetRawText() : null;
            _changes.Add(new RowChange(json.GetProperty("table").GetString()!, Part("old"), Part("new")));
        }
    }
}
