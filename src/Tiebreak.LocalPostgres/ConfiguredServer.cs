using System.Diagnostics;
using Npgsql;

namespace Tiebreak.LocalPostgres;

/// <summary>A server that someone else runs.</summary>
internal static class ConfiguredServer
{
    /// <summary>Waits until it answers: it may be starting at the same time. A refusal is final at once.</summary>
    internal static async Task<Version> WaitForAsync(string connectionString, TimeSpan limit, CancellationToken cancellationToken)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return await Connections.AskVersionAsync(connectionString, patienceSeconds: 15, cancellationToken);
            }
            catch (ArgumentException error)
            {
                throw new LocalPostgresException($"The configured connection string cannot be read: {error.Message}", error);
            }
            catch (NpgsqlException error) when (!Connections.IsNotReadyYet(error) || waited.Elapsed > limit)
            {
                throw new LocalPostgresException(
                    $"The configured PostgreSQL cannot be used: {error.Message} Correct the connection string, or leave it out to start a private one.",
                    error);
            }
            catch (NpgsqlException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken);
            }
        }
    }
}
