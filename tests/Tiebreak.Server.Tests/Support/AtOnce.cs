namespace Tiebreak.Server.Tests.Support;

/// <summary>Starts calls together and waits for all of them.</summary>
public static class AtOnce
{
    /// <summary>Runs <paramref name="call"/> for 0 .. count - 1, all under way at the same time.</summary>
    public static async Task<ApiAnswer[]> RunAsync(int count, Func<int, Task<ApiAnswer>> call)
    {
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var calls = Enumerable.Range(0, count).Select(async i =>
        {
            await start.Task;
            return await call(i);
        }).ToList();
        start.SetResult();
        return await Task.WhenAll(calls);
    }

    /// <summary>How often each kind of answer came, for example { "200": 50, "409 invite-exhausted": 150 }.</summary>
    public static Dictionary<string, int> Tally(this IEnumerable<ApiAnswer> answers) =>
        answers.GroupBy(answer => answer.Kind, StringComparer.Ordinal).ToDictionary(kind => kind.Key, kind => kind.Count(), StringComparer.Ordinal);
}
