using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Scheduling.Searching;

/// <summary>Runs with random priorities, for as long as they bring anything new: what is left when every bound is too far.</summary>
/// <param name="known">What was run before, by any search; what this one runs is added.</param>
/// <param name="actors">How many there are.</param>
/// <param name="seed">Gives the same runs again.</param>
/// <param name="steps">How many steps a run has, about.</param>
internal sealed class RandomSearch(KnownRuns known, int actors, int seed, int steps) : ISearch
{
    private const int Draws = 1_000;

    // Most races need no more than this many switches at just the right step.
    private const int MostChanges = 4;

    private int _drawn;

    /// <summary>Never known: it stops when a thousand draws bring nothing new.</summary>
    public bool IsExhausted => false;

    public IPicker? Next()
    {
        for (var draw = 0; draw < Draws; draw++)
        {
            var number = _drawn++;
            if (!known.Covers(Picker(number)))
            {
                return Picker(number);
            }
        }

        return null;
    }

    public void Learn(Run run, IPicker? by = null)
    {
        if (run.End == RunEnd.Completed)
        {
            known.Add(run.Trace);
        }
    }

    private RandomPriorityPicker Picker(int number) => new(actors, unchecked((seed * 1_000_003) + number), 1 + (number % MostChanges), steps);
}
