using System.Collections.Concurrent;
using System.Globalization;

namespace Tiebreak.Server.Tests.Support;

/// <summary>Accepts, bookings, earns, spends and transfers, each with a key of its own, and what was answered to each.</summary>
public sealed class MixedLoad(ApiClient api)
{
    private const int Callers = 16;
    private const int Kinds = 5;
    private const long Purse = 1_000_000_000;
    private const int ReadEvery = 4;

    private static readonly string[] Reads =
    [
        "/v1/groups", "/v1/invites/LOAD", "/v1/invites/LOAD/uses", "/v1/events/{event}", "/v1/events/{event}/bookings",
        "/v1/accounts/hot", "/v1/accounts/hot/entries", "/health/ready",
    ];

    private readonly ConcurrentDictionary<string, ApiAnswer> _answers = new();
    private readonly ConcurrentDictionary<string, bool> _sent = new();
    private readonly ConcurrentDictionary<string, int> _turnedAway = new();
    private string _eventId = string.Empty;
    private int _next;

    public int Acknowledged => _answers.Count;

    /// <summary>How many calls were answered with 503, by code.</summary>
    public IReadOnlyDictionary<string, int> TurnedAway => _turnedAway;

    public async Task PrepareAsync()
    {
        var groupId = (await api.PostAsync("/v1/groups", new { name = "Chess" })).Expect(201).String("id");
        (await api.PostAsync($"/v1/groups/{groupId}/invites", new { maxUses = 1_000_000, code = "LOAD" })).Expect(201);
        _eventId = (await api.PostAsync("/v1/events", new { name = "Final", capacity = 1_000_000 })).Expect(201).String("id");
        foreach (var account in new[] { "purse", "left", "right" })
        {
            (await api.PostAsync($"/v1/accounts/{account}/earn", new { points = Purse })).Expect(201);
        }
    }

    /// <summary>Keeps callers busy; calls <paramref name="kill"/> once so many answers came, and ends when the calls fail or are over.</summary>
    public async Task RunUntilAsync(int acknowledged, Func<Task> kill)
    {
        using var stop = new CancellationTokenSource();
        var callers = Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await TrySendAsync(Interlocked.Increment(ref _next));
            }
        })).ToList();
        await Eventually.TrueAsync(() => Task.FromResult(_answers.Count >= acknowledged), $"{acknowledged} answers came");
        await kill();
        await stop.CancelAsync();
        await Task.WhenAll(callers);
    }

    /// <summary>Sends everything again that was ever sent: the same keys, so nothing is done twice.</summary>
    public async Task RepeatAsync()
    {
        foreach (var keys in _sent.Keys.Chunk(Callers))
        {
            await Task.WhenAll(keys.Select(async key =>
            {
                var again = await SendAsync(int.Parse(key, CultureInfo.InvariantCulture));
                Assert.True(again.Status is 200 or 201, $"{key}: {again.Text}");
                if (_answers.TryGetValue(key, out var first))
                {
                    Assert.True(again.IsReplay, $"{key} was acknowledged and is done again");
                    Assert.Equal(first.Text, again.Text);
                }

                _answers[key] = again;
            }));
        }
    }

    public async Task VerifyAsync()
    {
        var numbers = _sent.Keys.Select(key => int.Parse(key, CultureInfo.InvariantCulture)).ToList();
        var byKind = numbers.GroupBy(number => number % Kinds).ToDictionary(kind => kind.Key, kind => kind.Count());
        Assert.Equal(byKind[0], (await api.GetAsync("/v1/invites/LOAD")).Expect(200).Number("uses"));
        Assert.Equal(byKind[0], (await api.ListAsync("/v1/invites/LOAD/uses")).Count);
        Assert.Equal(byKind[1], (await api.GetAsync($"/v1/events/{_eventId}")).Expect(200).Number("booked"));
        Assert.Equal(byKind[2] * 7, (await api.GetAsync("/v1/accounts/hot")).Expect(200).Number("balance"));
        Assert.Equal(byKind[2], (await api.ListAsync("/v1/accounts/hot/entries")).Count);
        Assert.Equal(Purse - (byKind[3] * 3), (await api.GetAsync("/v1/accounts/purse")).Expect(200).Number("balance"));
        Assert.Equal(1 + byKind[3], (await api.ListAsync("/v1/accounts/purse/entries")).Count);
        var toTheRight = numbers.Where(number => number % Kinds == 4).Sum(number => IsToTheRight(number) ? 5 : -5);
        Assert.Equal(Purse - toTheRight, (await api.GetAsync("/v1/accounts/left")).Expect(200).Number("balance"));
        Assert.Equal(Purse + toTheRight, (await api.GetAsync("/v1/accounts/right")).Expect(200).Number("balance"));
        Assert.Equal(1 + byKind[4], (await api.ListAsync("/v1/accounts/left/entries")).Count);
    }

    private async Task TrySendAsync(int number)
    {
        try
        {
            var answer = await SendAsync(number);
            if (answer.Status is 200 or 201)
            {
                _answers[Key(number)] = answer;
            }
            else
            {
                Assert.True(answer.Status == 503, $"{number}: {answer.Status} {answer.Text}");
                Assert.True(answer.Headers.ContainsKey("Retry-After"), $"{number}: 503 without Retry-After");
                _turnedAway.AddOrUpdate(answer.Code!, 1, (_, count) => count + 1);
            }

            if (number % ReadEvery == 0)
            {
                var read = await api.GetAsync(Reads[number / ReadEvery % Reads.Length].Replace("{event}", _eventId, StringComparison.Ordinal));
                Assert.True(read.Status is 200 or 503, $"{read.Status} {read.Text}");
            }
        }
        catch (HttpRequestException)
        {
            // The server is gone: whether this one took effect is found out by sending it again.
        }
    }

    private Task<ApiAnswer> SendAsync(int number)
    {
        var key = Key(number);
        _sent[key] = true;
        return (number % Kinds) switch
        {
            0 => api.PostAsync("/v1/invites/LOAD/accept", new { userId = "user-" + key }, key),
            1 => api.PostAsync($"/v1/events/{_eventId}/bookings", new { buyerId = "buyer-" + key }, key),
            2 => api.PostAsync("/v1/accounts/hot/earn", new { points = 7 }, key),
            3 => api.PostAsync("/v1/accounts/purse/spend", new { points = 3 }, key),
            _ when IsToTheRight(number) => api.PostAsync("/v1/transfers", new { fromAccountId = "left", toAccountId = "right", points = 5 }, key),
            _ => api.PostAsync("/v1/transfers", new { fromAccountId = "right", toAccountId = "left", points = 5 }, key),
        };
    }

    private static bool IsToTheRight(int number) => number % (3 * Kinds) < Kinds;

    private static string Key(int number) => number.ToString(CultureInfo.InvariantCulture);
}
