using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Scheduling.Searching;

/// <summary>
/// Which schedules are run, one after the other. Several may be under way at once; it is not safe to call from several
/// threads at once.
/// </summary>
internal interface ISearch
{
    /// <summary>Whether nothing is left to run, and nothing under way that could bring more.</summary>
    bool IsExhausted { get; }

    /// <summary>Who says how the next run goes; <see langword="null"/> when there is nothing to run now.</summary>
    IPicker? Next();

    /// <summary>
    /// What came of a run, completed or not. Also takes runs that it did not ask for: they count as run.
    /// </summary>
    /// <param name="run">The run.</param>
    /// <param name="by">What <see cref="Next"/> gave for it; <see langword="null"/> for a run that it did not ask for.</param>
    void Learn(Run run, IPicker? by = null);
}
