using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Scheduling.Searching;

/// <summary>
/// Every run so far, so that none is run twice: a beginning of a schedule that is followed by the default leads to
/// a known run when that run goes on by the default from there.
/// </summary>
internal sealed class KnownRuns
{
    private readonly Dictionary<string, Trace> _byBeginning = new(StringComparer.Ordinal);

    public int Count { get; private set; }

    public bool Add(Trace trace)
    {
        var letters = trace.Schedule.ToString();
        var isNew = !_byBeginning.ContainsKey(letters);
        Count += isNew ? 1 : 0;
        for (var length = letters.Length; ; length--)
        {
            _byBeginning.TryAdd(letters[..length], trace);
            if (length == 0 || Preemptions.Default(trace, length - 1) != trace.Schedule[length - 1])
            {
                return isNew;
            }
        }
    }

    /// <summary>The run that this beginning leads to, when it is known.</summary>
    public Trace? After(string beginning) => _byBeginning.GetValueOrDefault(beginning);
}
