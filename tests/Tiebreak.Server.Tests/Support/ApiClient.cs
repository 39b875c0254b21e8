using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Tiebreak.Server.Tests.Support;

/// <summary>Calls the API over real HTTP, as many calls at once as are started.</summary>
public sealed class ApiClient(Uri address) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1 }) { BaseAddress = address, Timeout = TimeSpan.FromMinutes(5) };

    public Task<ApiAnswer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<ApiAnswer> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path);

    public Task<ApiAnswer> PutAsync(string path, object body) => SendAsync(HttpMethod.Put, path, JsonSerializer.Serialize(body));

    /// <param name="path">The route.</param>
    /// <param name="body">Written as JSON; none when it is null.</param>
    /// <param name="key">The idempotency key, if any.</param>
    public Task<ApiAnswer> PostAsync(string path, object? body = null, string? key = null) =>
        SendAsync(HttpMethod.Post, path, body is null ? null : JsonSerializer.Serialize(body), key);

    public async Task<ApiAnswer> SendAsync(HttpMethod method, string path, string? json = null, string? key = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(json));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        return await SendAsync(request);
    }

    public async Task<ApiAnswer> SendAsync(HttpRequestMessage request)
    {
        using var response = await _http.SendAsync(request);
        return new ApiAnswer((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response.Content.Headers.ContentType?.MediaType,
            response.Headers.Concat(response.Content.Headers).ToDictionary(header => header.Key, header => string.Join(",", header.Value), StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>All pages of a list, one after the other.</summary>
    public async Task<IReadOnlyList<JsonElement>> ListAsync(string path, int limit = 200)
    {
        var items = new List<JsonElement>();
        string? cursor = null;
        do
        {
            var page = await GetAsync($"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}limit={limit}{(cursor is null ? string.Empty : "&cursor=" + cursor)}");
            Assert.Equal(200, page.Status);
            items.AddRange(page.Json.GetProperty("items").EnumerateArray());
            cursor = page.Json.GetProperty("next").GetString();
        }
        while (cursor is not null);

        return items;
    }

    public void Dispose() => _http.Dispose();
}
