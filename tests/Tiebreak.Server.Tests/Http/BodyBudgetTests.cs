using System.Net.Sockets;
using System.Text;
using Tiebreak.Server.Tests.Support;

namespace Tiebreak.Server.Tests.Http;

/// <summary>Large bodies are worked on a few at a time, whoever sends them; the others are told before they send.</summary>
public sealed class BodyBudgetTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    [Fact]
    public async Task A_large_body_beyond_the_budget_is_busy_before_it_is_read_and_small_ones_go_on()
    {
        var holders = new List<TcpClient>();
        try
        {
            // Announced and not sent: each is counted until it is answered, or given up by its caller.
            for (var i = 0; i < 8; i++)
            {
                holders.Add(await AnnounceAsync(4_000_000));
            }

            var refused = await EventuallyBusyAsync();

            Assert.True(refused.Headers.ContainsKey("Retry-After"));
            (await server.Api.PostAsync("/v1/groups", new { name = "Chess" })).Expect(201);
            (await server.Api.PostAsync("/v1/events", new { name = "Final", seats = new[] { "A1" } })).Expect(201);
        }
        finally
        {
            holders.ForEach(holder => holder.Dispose());
        }

        var seats = Enumerable.Range(0, 10_000).Select(i => $"S{i}").ToArray();
        await Eventually.TrueAsync(async () => (await server.Api.PostAsync("/v1/events", new { name = "Final", seats })).Status == 201, "there is room again when they have given up");
    }

    /// <summary>The holders' announcements are taken in by the server in its own time.</summary>
    private async Task<ApiAnswer> EventuallyBusyAsync()
    {
        ApiAnswer? answer = null;
        await Eventually.TrueAsync(
            async () =>
            {
                answer = await RawHttp.SendAsync(server.Server.Address, Head(4_000_000));
                return answer.Kind == "503 busy";
            },
            "a large body is refused");
        return answer!;
    }

    private async Task<TcpClient> AnnounceAsync(int bytes)
    {
        var client = new TcpClient();
        await client.ConnectAsync(server.Server.Address.Host, server.Server.Address.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(Head(bytes) + "\r\n\r\n{"));
        return client;
    }

    private static string Head(int bytes) => $"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {bytes}";
}
