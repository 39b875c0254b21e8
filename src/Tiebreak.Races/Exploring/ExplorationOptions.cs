using System.Data;
using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Exploring;

/// <summary>How a race is explored.</summary>
internal sealed record ExplorationOptions
{
    public IReadOnlyList<IsolationLevel> Isolations { get; init; } = [IsolationLevel.ReadCommitted];

    public TimeSpan Budget { get; init; } = TimeSpan.FromSeconds(60);

    public TimeSpan? Patience { get; init; }

    public int Seed { get; init; } = 1;

    public bool BruteForce { get; init; }

    public bool TriesFixes { get; init; } = true;

    public bool AllowsNothing { get; init; }

    public Func<object?, bool> IsBusy { get; init; } = static _ => false;

    public IProgress<RaceProgress>? Progress { get; init; }
}
