using Hangfire;
using Hangfire.PostgreSql;

namespace Tiebreak.Bench.Queue;

/// <summary>The same trivial job for Hangfire, whose handler is a static method.</summary>
public static class HangfireJob
{
    private static readonly CountingDown Counter = new();

    public static void Run(int number) => Counter.Note(number);

    internal static Task UntilAsync(int count) => Counter.UntilAsync(count);
}

internal sealed class HangfireQueue
{
    private readonly PostgreSqlStorage _storage;

    public HangfireQueue(string connectionString)
    {
        var options = new PostgreSqlStorageOptions { QueuePollInterval = TimeSpan.FromMilliseconds(50), EnableLongPolling = true };
        _storage = new PostgreSqlStorage(new Hangfire.PostgreSql.Factories.NpgsqlConnectionFactory(connectionString, options), options);
    }

    public void Enqueue(int count)
    {
        var client = new BackgroundJobClient(_storage);
        for (var number = 0; number < count; number++)
        {
            var argument = number;
            client.Enqueue(() => HangfireJob.Run(argument));
        }
    }

    /// <summary>Runs a server with so many workers until so many jobs were begun.</summary>
    public async Task RunAsync(int workers, int count)
    {
        var done = HangfireJob.UntilAsync(count);
        using var server = new BackgroundJobServer(new BackgroundJobServerOptions { WorkerCount = workers }, _storage);
        await done;
    }
}
