using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Query;

namespace Tiebreak.RowLocks;

/// <summary>
/// What one query that is being compiled locks. The compilation context is the one object that EF Core hands to both
/// its first and its last stage, so the lock hangs on it and not on a tag: no text in a query can counterfeit,
/// displace or lose it.
/// </summary>
internal sealed record LockedQuery(RowLock Lock, IEntityType Entity)
{
    private static readonly ConditionalWeakTable<QueryCompilationContext, LockedQuery> Compiling = [];
    private static readonly ConditionalWeakTable<QueryCompilationContext, object> WithoutRefresh = [];
    private static readonly object Present = new();

    /// <summary>The entities of its result that the context must not track yet, because no refresh reaches them.</summary>
    public IReadOnlyList<IEntityType> Unrefreshed { get; init; } = [];

    /// <summary>Where the statement finds the key of the one row that it asks for; null where it asks otherwise.</summary>
    public NamedKey? Key { get; init; }

    /// <summary>The entities that a tracking query makes from its rows; empty where it does not track.</summary>
    public IReadOnlyList<IEntityType> Materialized { get; init; } = [];

    /// <summary>Whether a refresh has collections to look after.</summary>
    public bool ReadsCollections { get; init; }

    /// <summary>The references whose rows are locked with it.</summary>
    public IReadOnlyList<LockedReference> References { get; init; } = [];

    public string EntityName => Entity.ShortName();

    public static void Remember(QueryCompilationContext compilation, LockedQuery query) => Compiling.AddOrUpdate(compilation, query);

    public static LockedQuery? Of(QueryCompilationContext compilation) => Compiling.TryGetValue(compilation, out var query) ? query : null;

    /// <summary>Says that this compilation is for contexts that track nothing of what the query returns.</summary>
    public static void OmitRefresh(QueryCompilationContext compilation) => WithoutRefresh.AddOrUpdate(compilation, Present);

    public static bool OmitsRefresh(QueryCompilationContext compilation) => WithoutRefresh.TryGetValue(compilation, out _);
}
