using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Scheduling.Searching;

/// <summary>
/// Every run so far, so that none is run twice: a beginning of a schedule that is followed by the default leads to
/// a known run when that run goes on by the default from there.
/// </summary>
internal sealed class KnownRuns
{
    private readonly Dictionary<string, Trace> _byBeginning = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<int>> _ready = new(StringComparer.Ordinal);

    /// <summary>Different schedules.</summary>
    public int Count { get; private set; }

    /// <summary>Notes a run that completed; false when the same schedule was known.</summary>
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
                break;
            }
        }

        for (var length = 0; length < letters.Length; length++)
        {
            _ready.TryAdd(letters[..length], trace.Ready[length]);
        }

        return isNew;
    }

    /// <summary>The run that this beginning leads to, when it is known.</summary>
    public Trace? After(string beginning) => _byBeginning.GetValueOrDefault(beginning);

    /// <summary>Whether what this picker would do is known from its first letter to its last.</summary>
    public bool Covers(IPicker picker)
    {
        var letters = "";
        for (var last = -1; _ready.TryGetValue(letters, out var ready); letters += Schedule.LetterOf(last))
        {
            last = picker.Pick(ready, last);
            if (last < 0)
            {
                return false;
            }
        }

        return letters.Length > 0 && _byBeginning.TryGetValue(letters, out var trace) && trace.Schedule.Length == letters.Length;
    }
}
