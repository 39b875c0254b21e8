using Tiebreak.LocalPostgres;
using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Exploring;

/// <summary>The private PostgreSQL of this process: starts with the first exploration, stops and is removed with the process.</summary>
internal static class PrivateServer
{
    /// <summary>Nothing in it outlives the process. None of these changes what transactions see of each other.</summary>
    public static readonly IReadOnlyDictionary<string, string> Settings = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["fsync"] = "off",
        ["synchronous_commit"] = "off",
        ["full_page_writes"] = "off",
        ["autovacuum"] = "off",
        ["max_connections"] = "300",
    };

    private static readonly Lock Gate = new();
    private static Task<LocalPostgresServer>? _server;

    /// <exception cref="RaceException">It cannot be started.</exception>
    public static async Task<string> StartAsync()
    {
        Task<LocalPostgresServer> starting;
        lock (Gate)
        {
            if (_server is null or { IsFaulted: true })
            {
                _server = StartOnceAsync();
            }

            starting = _server;
        }

        try
        {
            return (await starting.ConfigureAwait(false)).ConnectionString;
        }
        catch (LocalPostgresException exception)
        {
            throw new RaceException($"The private PostgreSQL cannot be started: {exception.Message}", exception);
        }
    }

    private static async Task<LocalPostgresServer> StartOnceAsync()
    {
        var folder = Directory.CreateTempSubdirectory("tiebreak-races-").FullName;
        var server = await LocalPostgresServer.StartAsync(new LocalPostgresOptions
        {
            DataFolder = Path.Combine(folder, "data"),
            Settings = Settings,
        }).ConfigureAwait(false);
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            server.DisposeAsync().AsTask().GetAwaiter().GetResult();

            // The data is elsewhere when the server's user cannot reach the folder.
            foreach (var made in new[] { folder, server.DataFolder }.Where(Directory.Exists))
            {
                try
                {
                    Directory.Delete(made!, recursive: true);
                }
                catch (IOException)
                {
                    // A file that is still open stays.
                }
            }
        };
        return server;
    }
}
