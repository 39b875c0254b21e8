using System.Diagnostics;

namespace Tiebreak.Bench.Measuring;

/// <summary>
/// Lets contenders take turns, round by round, so that whatever else the machine does meets all of them. The order
/// within a round changes from round to round.
/// </summary>
internal static class Rounds
{
    /// <param name="contenders">Who takes part.</param>
    /// <param name="callers">How many callers each has at once.</param>
    /// <param name="rounds">How many rounds are measured, behind one that is not.</param>
    /// <param name="length">How long each contender's part of a round is.</param>
    /// <returns>The measured rounds of each contender.</returns>
    public static async Task<Dictionary<string, List<Sample>>> RunAsync(IReadOnlyList<Contender> contenders, int callers, int rounds, TimeSpan length)
    {
        var samples = contenders.ToDictionary(contender => contender.Name, _ => new List<Sample>(), StringComparer.Ordinal);
        for (var round = -1; round < rounds; round++)
        {
            foreach (var contender in contenders.Skip((round + 1) % contenders.Count).Concat(contenders.Take((round + 1) % contenders.Count)))
            {
                if (contender.PrepareAsync is { } prepareAsync)
                {
                    await prepareAsync();
                }

                var sample = await OneAsync(contender, contender.Callers ?? callers, length);
                if (round >= 0)
                {
                    samples[contender.Name].Add(sample);
                }
            }
        }

        return samples;
    }

    private static async Task<Sample> OneAsync(Contender contender, int callers, TimeSpan length)
    {
        GC.Collect();
        var begun = Stopwatch.GetTimestamp();
        var ends = begun + (long)(length.TotalSeconds * Stopwatch.Frequency);
        var answered = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(() => CallerAsync(contender, caller, ends))));
        var took = Stopwatch.GetElapsedTime(begun);
        return Sample.Of(answered.Sum(one => one.Changes), took, [.. answered.SelectMany(one => one.Ms)]);
    }

    private static async Task<(long Changes, List<double> Ms)> CallerAsync(Contender contender, int caller, long ends)
    {
        var changes = 0L;
        var ms = new List<double>();
        do
        {
            var called = Stopwatch.GetTimestamp();
            changes += await contender.CallAsync(caller);
            ms.Add(Stopwatch.GetElapsedTime(called).TotalMilliseconds);
        }
        while (Stopwatch.GetTimestamp() < ends);

        return (changes, ms);
    }
}
