using System.Text.Json;

namespace Tiebreak.Server.Tests.Support;

/// <summary>What the server answered.</summary>
public sealed record ApiAnswer(int Status, string Text, string? MediaType, IReadOnlyDictionary<string, string> Headers)
{
    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    /// <summary>The problem's code; null when the answer is no problem.</summary>
    public string? Code => MediaType == "application/problem+json" ? Json.GetProperty("code").GetString() : null;

    public bool IsReplay => Headers.TryGetValue("Idempotency-Replayed", out var replayed) && replayed == "true";

    /// <summary>Status and code in one, as tests count them: "200", "409 sold-out".</summary>
    public string Kind => Code is null ? $"{Status}" : $"{Status} {Code}";

    public string String(string member) => Json.GetProperty(member).GetString()!;

    public long Number(string member) => Json.GetProperty(member).GetInt64();

    /// <summary>The answer itself, when it is what the test needs to go on.</summary>
    public ApiAnswer Expect(params int[] statuses)
    {
        Assert.True(statuses.Contains(Status), $"Expected {string.Join(" or ", statuses)}, got {Status}: {Text}");
        return this;
    }
}
