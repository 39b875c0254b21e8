using Microsoft.EntityFrameworkCore.Infrastructure;

namespace Tiebreak.Updates;

/// <summary>The increments that one context has recorded and not saved. A pooled context gives them up with the rest of its state.</summary>
internal sealed class PendingIncrements : IResettableService
{
    private readonly List<PendingIncrement> _increments = [];

    /// <summary>Whether the save that is under way is the one that applies them.</summary>
    public bool Saving { get; set; }

    public IReadOnlyList<PendingIncrement> All => _increments;

    public void Add(PendingIncrement increment)
    {
        if (!_increments.Exists(other => other.TryMerge(increment)))
        {
            _increments.Add(increment);
        }
    }

    public void Clear() => _increments.Clear();

    public void ResetState()
    {
        Clear();
        Saving = false;
    }

    public Task ResetStateAsync(CancellationToken cancellationToken = default)
    {
        ResetState();
        return Task.CompletedTask;
    }
}
