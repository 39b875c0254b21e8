using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Tiebreak.LocalPostgres;

/// <summary>A server that is started again, on the same port, whenever it ends before its owner says so.</summary>
internal sealed class KeptServer : IAsyncDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly ServerLaunch _launch;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private Postmaster? _postmaster;
    private Task _watch = Task.CompletedTask;

    private KeptServer(ServerLaunch launch, ILogger logger)
    {
        _launch = launch;
        _logger = logger;
    }

    internal int Port { get; private set; }

    internal Version Version { get; private set; } = new();

    internal int? ProcessId => _launch.Processes.RunningPostmaster();

    internal static async Task<KeptServer> StartAsync(ServerLaunch launch, ILogger logger, CancellationToken cancellationToken)
    {
        var server = new KeptServer(launch, logger);
        try
        {
            await server.StartOnFreePortAsync(cancellationToken);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }

        server._watch = server.WatchAsync();
        return server;
    }

    /// <summary>Stops the server and the watch over it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        try
        {
            await _watch;
        }
        finally
        {
            try
            {
                await StopAsync();
            }
            finally
            {
                _postmaster?.Dispose();
                _stopping.Dispose();
            }
        }
    }

    private async Task StopAsync()
    {
        if (_postmaster is null || await _postmaster.StopAsync(_launch.StopLimit))
        {
            return;
        }

        // The folder is about to be free for another owner: nothing may write into it any more.
        _logger.LogError("The server of {Folder} does not stop and is ended by force; see {Log}", _launch.Folder.Path, _launch.Folder.Log);
        await _launch.Processes.EndLeftoversAsync(_launch.Timeout, CancellationToken.None);
    }

    private async Task StartOnFreePortAsync(CancellationToken cancellationToken)
    {
        const int Attempts = 5;
        for (var attempt = 1; ; attempt++)
        {
            Port = _launch.FixedPort ?? LoopbackPort.Find();
            try
            {
                await StartOnceAsync(_launch.Timeout, cancellationToken);
                return;
            }
            catch (LocalPostgresException error) when (error.IsPortTaken && attempt < Attempts && _launch.FixedPort is null)
            {
                _logger.LogInformation("Port {Port} was taken meanwhile; another is tried", Port);
            }
        }
    }

    private async Task StartOnceAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var waited = Stopwatch.StartNew();
        _postmaster?.Dispose();
        _postmaster = null;
        if (await _launch.Processes.EndLeftoversAsync(_launch.Timeout, cancellationToken))
        {
            _logger.LogInformation("The server of {Folder} did not end properly last time; it recovers now", _launch.Folder.Path);
        }

        _postmaster = await Postmaster.LaunchAsync(
            _launch.Folder, _launch.Binaries, ServerCommand.Settings(Port, _launch.Settings), cancellationToken);
        while (!_launch.Processes.IsReadyOn(Port) || !await IsAnsweringAsync(cancellationToken))
        {
            if (_postmaster.HasExited)
            {
                throw Ended(_postmaster.LastWords());
            }

            if (waited.Elapsed > limit)
            {
                throw new LocalPostgresException(
                    $"PostgreSQL was not ready within {limit}. A long recovery needs a longer StartTimeout. "
                    + $"The last lines of {_launch.Folder.Log}:\n{_postmaster.LastWords()}");
            }

            await Task.Delay(Poll, cancellationToken);
        }
    }

    private LocalPostgresException Ended(string words)
    {
        var isPortTaken = words.Contains("could not bind", StringComparison.Ordinal);
        return new LocalPostgresException(isPortTaken
            ? $"PostgreSQL could not listen on port {Port}: another program does. Free it, or leave the setting port out.\n{words}"
            : $"PostgreSQL did not start. The last lines of {_launch.Folder.Log}:\n{words}")
        {
            IsPortTaken = isPortTaken,
        };
    }

    private async Task<bool> IsAnsweringAsync(CancellationToken cancellationToken)
    {
        try
        {
            Version = await Connections.AskVersionAsync(_launch.ConnectionString(Port, "postgres"), patienceSeconds: 3, cancellationToken);
            return true;
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.TooManyConnections)
        {
            // Its clients were quicker: it is back.
            return true;
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.InvalidPassword)
        {
            throw new LocalPostgresException(
                $"The password in {_launch.Folder.Path} is not that of the role {ClusterFolder.Owner} any more. "
                + "Put the old one back, or give another DataFolder.",
                error);
        }
        catch (Exception error) when (Connections.IsNotReadyYet(error))
        {
            return false;
        }
        catch (NpgsqlException error)
        {
            throw new LocalPostgresException(
                $"PostgreSQL runs and does not let its owner in: {error.Message} Put the line "
                + $"'host all all 127.0.0.1/32 scram-sha-256' back into {_launch.Folder.Data}/pg_hba.conf, or give another DataFolder.",
                error);
        }
    }

    private async Task WatchAsync()
    {
        try
        {
            while (true)
            {
                await _postmaster!.WaitForExitAsync(_stopping.Token);
                _logger.LogWarning("The server of {Folder} ended by itself; it is started again on port {Port}", _launch.Folder.Path, Port);
                await RestartAsync();
                _logger.LogInformation("The server of {Folder} is back, as process {Process}", _launch.Folder.Path, ProcessId);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The owner stops it.
        }
        catch (Exception error) when (!_stopping.IsCancellationRequested)
        {
            // A log that throws, say. Whoever disposes hears of it, too.
            _logger.LogCritical(error, "The server of {Folder} is not watched over any more", _launch.Folder.Path);
            throw;
        }
    }

    // For as long as the owner lives: a full disk or a taken port may be healed by someone any time.
    private async Task RestartAsync()
    {
        for (var pause = TimeSpan.FromMilliseconds(100); ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                // A long recovery is waited for, however long: stopping it would only make it begin again.
                await StartOnceAsync(TimeSpan.MaxValue, _stopping.Token);
                return;
            }
            catch (Exception error) when (!_stopping.IsCancellationRequested)
            {
                _logger.LogError(error, "The server of {Folder} could not be started again; the next attempt is in {Pause}", _launch.Folder.Path, pause);
                await EndAttemptAsync();
            }

            await Task.Delay(pause, _stopping.Token);
        }
    }

    private async Task EndAttemptAsync()
    {
        try
        {
            if (_postmaster is { HasExited: false })
            {
                await _postmaster.StopAsync(_launch.StopLimit);
            }
        }
        catch (Exception error) when (!_stopping.IsCancellationRequested)
        {
            // The next attempt ends what is left of this one.
            _logger.LogWarning(error, "An attempt to start the server of {Folder} could not be ended", _launch.Folder.Path);
        }
    }
}
