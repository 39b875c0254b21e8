using System.Net.Sockets;
using Tiebreak.Races.Cli.Files;
using Tiebreak.Races.Findings;
using Tiebreak.Races.Scenarios;

namespace Tiebreak.Races.Cli.Actors;

/// <summary>Sends one request to an instance of an application; the answer is status and body.</summary>
#pragma warning disable CA1001 // The client lives as long as the process, like the actor.
internal sealed class HttpActor(string name, HttpSpec spec, IReadOnlyList<int> busy)
#pragma warning restore CA1001
{
    private static readonly TimeSpan LongestRequest = TimeSpan.FromSeconds(30);

    // A connection each, so that no actor waits for another's; no proxy and no redirect that the scenario does not name.
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false })
    {
        Timeout = LongestRequest,
    };

    public async Task<ActorAnswer> RunAsync(string connectionString, CancellationToken cancellationToken)
    {
        using var request = Request();
        try
        {
            using var response = await _client.SendAsync(request, cancellationToken).ConfigureAwait(false);
            var body = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            var status = (int)response.StatusCode;
            var isBusy = busy.Contains(status);
            return new ActorAnswer(
                AnswerText.Of(new HttpAnswer(status, body)), isBusy, status >= 500 && !isBusy ? $"HTTP {status}" : null);
        }
        catch (HttpRequestException exception) when (exception.InnerException is SocketException socket)
        {
            throw new RaceException($"{name}: {spec.Url} does not answer ({socket.SocketErrorCode}). Start this actor's instance of the application, and let it connect to the address under \"listen\".", exception);
        }
        catch (HttpRequestException exception)
        {
            return new ActorAnswer(AnswerText.Of(new HttpAnswer(0, "")), Error: exception.Message);
        }
        catch (TaskCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RaceException($"{name}: {spec.Url} gave no answer within {LongestRequest.TotalSeconds:0} s.", exception);
        }
    }

    private HttpRequestMessage Request()
    {
        var request = new HttpRequestMessage(new HttpMethod(spec.Method), spec.Url);
        if (spec.Body is not null)
        {
            request.Content = new StringContent(spec.Body);
            request.Content.Headers.ContentType = null;
        }

        foreach (var (header, value) in spec.Headers)
        {
            if (!request.Headers.TryAddWithoutValidation(header, value))
            {
                request.Content ??= new ByteArrayContent([]);
                request.Content.Headers.TryAddWithoutValidation(header, value);
            }
        }

        return request;
    }
}
