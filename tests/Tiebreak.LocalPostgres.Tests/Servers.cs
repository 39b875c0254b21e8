using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Tiebreak.LocalPostgres.Tests;

/// <summary>What the tests ask of a server, and of the processes around it.</summary>
internal static class Servers
{
    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    // What a test that kills nobody does not need.
    private static readonly Dictionary<string, string> Fast = new(StringComparer.Ordinal) { ["fsync"] = "off" };

    internal static LocalPostgresOptions Over(string folder) => new() { DataFolder = folder, Settings = Fast };

    internal static async Task<T> AskAsync<T>(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    internal static async Task RunAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Waits for something to become true; the test fails when it does not.</summary>
    internal static async Task UntilAsync(string what, Func<Task<bool>> isSo)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!await isSo())
        {
            Assert.False(limit.IsCancellationRequested, $"Not within {Limit}: {what}");
            await Task.Delay(25);
        }
    }

    internal static Task UntilAsync(string what, Func<bool> isSo) => UntilAsync(what, () => Task.FromResult(isSo()));

    internal static async Task<bool> AnswersAsync(string connectionString)
    {
        try
        {
            return await AskAsync<int>(connectionString, "SELECT 1") == 1;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    /// <summary>Whether a process runs; one that has ended and only waits to be noticed does not.</summary>
    internal static bool IsRunning(int process)
    {
        try
        {
            return StatOf(process)[0] != "Z";
        }
        catch (IOException)
        {
            return false;
        }
    }

    internal static int ParentOf(int process) => int.Parse(StatOf(process)[1], CultureInfo.InvariantCulture);

    internal static IEnumerable<int> ChildrenOf(int process) =>
        Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(n => n!.All(char.IsAsciiDigit))
            .Select(n => int.Parse(n!, CultureInfo.InvariantCulture)).Where(id => IsRunning(id) && ParentOf(id) == process);

    internal static async Task SignalAsync(string signal, int process) =>
        Assert.True((await Command.RunAsync(["kill", $"-{signal}", "--", process.ToString(CultureInfo.InvariantCulture)], default)).Succeeded);

    // State, parent and so on: what follows the name, which may contain anything.
    private static string[] StatOf(int process)
    {
        var stat = File.ReadAllText($"/proc/{process}/stat");
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
    }
}

/// <summary>Keeps what a server logs.</summary>
internal sealed class RecordedLog : ILogger
{
    private readonly List<string> _lines = [];

    internal bool Has(string text)
    {
        lock (_lines)
        {
            return _lines.Exists(l => l.Contains(text, StringComparison.Ordinal));
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_lines)
        {
            _lines.Add(formatter(state, exception));
        }
    }
}

/// <summary>A log that cannot take a line with certain words, a number of times.</summary>
internal sealed class FailingLog(string words, Exception error, int times) : ILogger
{
    private int _asked;

    internal bool HasFailed => Volatile.Read(ref _asked) > 0;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (formatter(state, exception).Contains(words, StringComparison.Ordinal) && Interlocked.Increment(ref _asked) <= times)
        {
            throw error;
        }
    }
}
