using System.Diagnostics;
using System.Net.Sockets;
using Npgsql;

namespace Tiebreak.LocalPostgres;

/// <summary>A server that someone else runs.</summary>
internal static class ConfiguredServer
{
    private const int LongestAttemptSeconds = 15;
    private const string WaysOut = "Correct the connection string, or leave it out to start a private one.";

    /// <summary>Waits until it answers: it may be starting at the same time. A refusal is final at once.</summary>
    internal static async Task<Version> WaitForAsync(string connectionString, TimeSpan limit, CancellationToken cancellationToken)
    {
        var waited = Stopwatch.StartNew();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(limit);
        Exception? last = null;
        try
        {
            while (true)
            {
                try
                {
                    // Npgsql hears of a cancellation late while a server keeps silent: each attempt has an end of its own.
                    var left = Math.Ceiling((limit - waited.Elapsed).TotalSeconds);
                    return await Connections.AskVersionAsync(connectionString, (int)Math.Clamp(left, 1, LongestAttemptSeconds), patience.Token);
                }
                catch (ArgumentException error)
                {
                    throw new LocalPostgresException($"The configured connection string cannot be read: {error.Message}", error);
                }
                catch (Exception error) when (Connections.IsNotReadyYet(error))
                {
                    last = error;
                }
                catch (Exception error) when (error is NpgsqlException or SocketException)
                {
                    throw new LocalPostgresException($"The configured PostgreSQL cannot be used: {error.Message} {WaysOut}", error);
                }

                await Task.Delay(TimeSpan.FromMilliseconds(200), patience.Token);
            }
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LocalPostgresException(
                $"The configured PostgreSQL cannot be used: it did not answer within {limit}. {last?.Message} {WaysOut}", last ?? error);
        }
    }
}
