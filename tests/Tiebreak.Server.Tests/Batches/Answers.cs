using Tiebreak.Server.Outcomes;

namespace Tiebreak.Server.Tests.Batches;

/// <summary>Outcomes as tests compare them.</summary>
internal static class Answers
{
    /// <summary>"ok", "again", or the refusal's code, for each.</summary>
    public static async Task<string[]> KindsAsync<T>(this Task<Outcome<T>>[] answers)
        where T : class =>
        [.. (await Task.WhenAll(answers)).Select(outcome => outcome.IsReplay ? "again" : outcome.IsAccepted ? "ok" : outcome.Refusal.Kind.Code)];
}
