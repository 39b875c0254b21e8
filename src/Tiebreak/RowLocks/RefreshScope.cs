using Microsoft.EntityFrameworkCore;

namespace Tiebreak.RowLocks;

/// <summary>What the refresh of one execution needs beyond the row: the context, and which children came back so far.</summary>
internal sealed class RefreshScope
{
    private readonly HashSet<object> _seen = new(ReferenceEqualityComparer.Instance);

    public RefreshScope(DbContext context) => Context = context;

    public DbContext Context { get; }

    /// <summary>A sequence can be enumerated again, and a retrying strategy runs a query again.</summary>
    public void Begin() => _seen.Clear();

    public void Remember(object child) => _seen.Add(child);

    public bool HasSeen(object child) => _seen.Contains(child);
}
