using System.Text.Json;
using Npgsql;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Tests.Resetting;

/// <summary>Runs statements and collects what the triggers report, as the relay does on the wire.</summary>
internal static class ReportedChanges
{
    public static async Task<IReadOnlyList<RowChange>> RunAsync(string connectionString, params string[] statements)
    {
        var changes = new List<RowChange>();
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, IncludeErrorDetail = true }.ConnectionString);
        connection.Notice += (_, e) =>
        {
            if (e.Notice.MessageText == "tiebreak:row")
            {
                var json = JsonDocument.Parse(e.Notice.Detail!).RootElement;
                string? Part(string name) => json.GetProperty(name) is { ValueKind: not JsonValueKind.Null } value ? value.GetRawText() : null;
                changes.Add(new RowChange(json.GetProperty("table").GetString()!, Part("old"), Part("new")));
            }
        };
        await connection.OpenAsync();
        foreach (var statement in statements)
        {
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync();
        }

        return changes;
    }
}
