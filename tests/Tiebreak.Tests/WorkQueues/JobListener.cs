using Npgsql;

namespace Tiebreak.Tests.WorkQueues;

/// <summary>Hears what workers are told.</summary>
internal sealed class JobListener : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly List<string> _heard = [];

    private JobListener(NpgsqlConnection connection)
    {
        _connection = connection;
        _connection.Notification += (_, heard) => _heard.Add(heard.Payload);
    }

    public static async Task<JobListener> StartAsync(NpgsqlDataSource source)
    {
        var listener = new JobListener(await source.OpenConnectionAsync());
        await listener.ExecuteAsync("LISTEN tiebreak_jobs");
        return listener;
    }

    /// <summary>What was said of a queue, once a last word has come that is said after all that is awaited.</summary>
    public async Task<IEnumerable<string>> UntilHeardAsync(string queue)
    {
        await ExecuteAsync($"NOTIFY tiebreak_jobs, 'end {queue}'");
        while (!_heard.Contains("end " + queue))
        {
            Assert.True(await _connection.WaitAsync(TimeSpan.FromSeconds(30)));
        }

        return _heard.Where(payload => payload.StartsWith(queue, StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        await ExecuteAsync("UNLISTEN *");
        await _connection.DisposeAsync();
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        await command.ExecuteNonQueryAsync();
    }
}
