using Tiebreak.Races.Wire;

namespace Tiebreak.Races.Scheduling;

/// <summary>A statement that was let go and whose answer is not there yet.</summary>
internal sealed class InFlight(ActorRun actor, IHeldStatement statement, int position)
{
    public ActorRun Actor { get; } = actor;

    public IHeldStatement Statement { get; } = statement;

    /// <summary>Of its step in the trace.</summary>
    public int Position { get; } = position;

    public Task<StatementResult> Result { get; } = statement.ReleaseAsync();

    /// <summary>What it was let go in, for <see cref="LookTiming"/>.</summary>
    public string? Situation { get; set; }

    /// <summary>The processes that it was last seen to wait for; empty when it was not seen waiting.</summary>
    public IReadOnlyList<int> Blockers { get; set; } = [];

    /// <summary>Whether it is known to wait until one of the others goes on.</summary>
    public bool IsBlocked { get; set; }

    /// <summary>The actors that it waited for at moments at which nothing moved: the same in each run of a schedule.</summary>
    public SortedSet<int> BlockedBy { get; } = [];
}
