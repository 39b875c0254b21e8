using Tiebreak.Races.Scheduling.Dependencies;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Scheduling.Searching;

/// <summary>
/// What is the same of all orderings of a run that differ only in steps which do not depend on each other: of each
/// step a hash of all that has to come before it.
/// </summary>
internal sealed class RunSignature
{
    private readonly Dictionary<(int Actor, int Index), int> _positions = [];
    private readonly ulong[] _pasts;
    private readonly int[][] _counts;

    public RunSignature(Trace trace, TraceOrder order, int actors)
    {
        var length = trace.Steps.Count;
        _pasts = new ulong[length];
        _counts = new int[length][];
        var next = new int[actors];
        for (var position = 0; position < length; position++)
        {
            var actor = trace.Steps[position].Actor;
            var index = next[actor]++;
            _positions.Add((actor, index), position);
            _counts[position] = new int[actors];
            var past = Mix(((ulong)actor << 32) + (ulong)index + 1);
            foreach (var neighbour in order.Neighbours(position))
            {
                past += Mix(_pasts[neighbour]);
            }

            for (var earlier = 0; earlier < position; earlier++)
            {
                _counts[position][trace.Steps[earlier].Actor] += order.IsBefore(earlier, position) ? 1 : 0;
            }

            _pasts[position] = Mix(past);
        }
    }

    /// <summary>The hash of a step's past; <see langword="null"/> when the actor has no such step.</summary>
    public ulong? PastOf(int actor, int index) => _positions.TryGetValue((actor, index), out var position) ? _pasts[position] : null;

    /// <summary>Whether an actor's step needs no more before it than so many steps of each actor.</summary>
    public bool FitsAfter(int actor, int index, IReadOnlyList<int> counts) =>
        _positions.TryGetValue((actor, index), out var position) && _counts[position].Zip(counts).All(pair => pair.First <= pair.Second);

    private static ulong Mix(ulong value)
    {
        value ^= value >> 30;
        value *= 0xbf58476d1ce4e5b9;
        value ^= value >> 27;
        value *= 0x94d049bb133111eb;
        return value ^ (value >> 31);
    }
}
