namespace Tiebreak.Races.Scheduling;

/// <summary>Each ready actor in turn, one statement each: shows most wide races on the first run.</summary>
/// <param name="actors">How many there are.</param>
/// <param name="first">Who begins.</param>
internal sealed class RotationPicker(int actors, int first = 0) : IPicker
{
    public int Pick(IReadOnlyList<int> ready, int last)
    {
        var next = last < 0 ? first : last + 1;
        return Enumerable.Range(next, actors).Select(actor => actor % actors).First(ready.Contains);
    }
}
