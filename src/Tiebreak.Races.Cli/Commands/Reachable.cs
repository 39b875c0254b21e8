using System.Net.Sockets;
using Tiebreak.Races.Cli.Files;
using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Cli.Commands;

/// <summary>Looks whether the instances of an application are there, once their gates are open: some need their database to start.</summary>
internal static class Reachable
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(200);

    /// <exception cref="RaceException">One does not answer.</exception>
    public static async Task CheckAsync(ScenarioFile file, TimeSpan wait, CancellationToken cancellationToken)
    {
        var began = TimeProvider.System.GetTimestamp();
        foreach (var actor in file.Actors)
        {
            if (actor.Http is not { } http)
            {
                continue;
            }

            string? complaint;
            while ((complaint = await ComplaintAsync(http.Url, cancellationToken).ConfigureAwait(false)) is not null && TimeProvider.System.GetElapsedTime(began) < wait)
            {
                await Task.Delay(Between, cancellationToken).ConfigureAwait(false);
            }

            if (complaint is not null)
            {
                throw new RaceException(
                    $"{file.Path}: {actor.Name}: nothing answers at {http.Url} ({complaint}). Start this actor's instance of the application there, with its database at 127.0.0.1:{actor.Port}.");
            }
        }
    }

    /// <summary>Why nothing can be reached there, or <see langword="null"/>. Sends nothing.</summary>
    public static async Task<string?> ComplaintAsync(Uri url, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(TimeSpan.FromSeconds(5));
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(url.DnsSafeHost, url.Port, timeout.Token).ConfigureAwait(false);
            return null;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode.ToString();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return "no answer within 5 s";
        }
    }
}
