using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace Tiebreak.RowLocks;

/// <summary>Whether a context tracks entities that a query may return.</summary>
internal sealed class TrackedTypes(IEnumerable<IEntityType> types)
{
    /// <summary>Beyond so many entries a refresh that may turn out needless costs less than to search on.</summary>
    private const int SearchedEntries = 64;

    private readonly HashSet<IEntityType> _types = [.. types.SelectMany(type => type.GetDerivedTypesInclusive().Concat(type.GetAllBaseTypes()))];

    public bool OccurIn(DbContext context)
    {
        // Nothing has to be detected: what the tracker does not hold yet, a query cannot hand out.
        var tracker = context.ChangeTracker;
        var detects = tracker.AutoDetectChangesEnabled;
        tracker.AutoDetectChangesEnabled = false;
        try
        {
            var searched = 0;
            foreach (var entry in tracker.Entries())
            {
                if (_types.Contains(entry.Metadata) || ++searched > SearchedEntries)
                {
                    return true;
                }
            }

            return false;
        }
        finally
        {
            tracker.AutoDetectChangesEnabled = detects;
        }
    }
}
