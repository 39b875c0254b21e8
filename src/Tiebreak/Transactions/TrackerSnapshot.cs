using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;

namespace Tiebreak.Transactions;

/// <summary>
/// What a context tracks at a savepoint. Taken after SaveChanges, so that it is what the database holds then, and put
/// back when the transaction goes back to the savepoint: what stayed in the tracker would be saved by the caller, or be
/// taken for saved.
/// </summary>
internal sealed class TrackerSnapshot
{
    private readonly ChangeTracker _tracker;
    private readonly Func<EntityEntry, bool>? _within;
    private readonly List<EntrySnapshot> _entries;

    private TrackerSnapshot(ChangeTracker tracker, Func<EntityEntry, bool>? within)
    {
        _tracker = tracker;
        _within = within;
        _entries = [.. Entries.Select(entry => new EntrySnapshot(entry))];
    }

    private IEnumerable<EntityEntry> Entries => _within is null ? _tracker.Entries() : _tracker.Entries().Where(_within);

    /// <param name="tracker">The context's.</param>
    /// <param name="within">Which entries; the others are neither taken nor put back. All when left out.</param>
    public static TrackerSnapshot Of(ChangeTracker tracker, Func<EntityEntry, bool>? within = null)
    {
        var detects = tracker.AutoDetectChangesEnabled;
        tracker.AutoDetectChangesEnabled = false;
        try
        {
            return new TrackerSnapshot(tracker, within);
        }
        finally
        {
            tracker.AutoDetectChangesEnabled = detects;
        }
    }

    /// <summary>Puts it back and looks whether that worked: null, or what is different.</summary>
    public string? Restore()
    {
        var detects = _tracker.AutoDetectChangesEnabled;
        var (cascade, orphans) = (_tracker.CascadeDeleteTiming, _tracker.DeleteOrphansTiming);
        _tracker.AutoDetectChangesEnabled = false;
        _tracker.CascadeDeleteTiming = _tracker.DeleteOrphansTiming = CascadeTiming.Never;
        try
        {
            PutBack();
            return Difference();
        }
        catch (InvalidOperationException refused)
        {
            return refused.Message;
        }
        finally
        {
            (_tracker.CascadeDeleteTiming, _tracker.DeleteOrphansTiming) = (cascade, orphans);
            _tracker.AutoDetectChangesEnabled = detects;
        }
    }

    private void PutBack()
    {
        var known = _entries.Select(snapshot => snapshot.Entity).ToHashSet(ReferenceEqualityComparer.Instance);
        foreach (var entry in Entries.Where(entry => !known.Contains(entry.Entity)).ToList())
        {
            entry.State = EntityState.Detached;
        }

        var tracked = Entries.Select(entry => entry.Entity).ToHashSet(ReferenceEqualityComparer.Instance);
        _entries.ForEach(snapshot => snapshot.FindEntry(_tracker.Context, tracked));

        // Twice: entities that were deleted are tracked again by the first round, and the relationships between all of
        // them can only then be as they were.
        _entries.ForEach(snapshot => snapshot.PutBackValues());
        _entries.ForEach(snapshot => snapshot.PutBackNavigations());
        _entries.ForEach(snapshot => snapshot.PutBackValues());
    }

    /// <summary>As the next SaveChanges would see it.</summary>
    private string? Difference()
    {
        _tracker.DetectChanges();
        var expected = _entries.ToDictionary(snapshot => snapshot.Entity, snapshot => snapshot.State, ReferenceEqualityComparer.Instance);
        var entries = Entries.ToList();
        var odd = entries.FirstOrDefault(entry => !expected.TryGetValue(entry.Entity, out var state) || state != entry.State);
        return odd is not null ? $"'{odd.Metadata.DisplayName()}' is {odd.State}"
            : entries.Count != expected.Count ? "an entity is no longer tracked"
            : null;
    }
}
