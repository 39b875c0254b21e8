using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Query;

namespace Tiebreak.Updates;

/// <summary>The operators of a query that is changed: only those that filter or annotate the rows of one set.</summary>
internal static class ChangeSpine
{
    private static readonly HashSet<string> Allowed = new(StringComparer.Ordinal)
    {
        "Where", "OfType", "AsTracking", "AsNoTracking", "AsNoTrackingWithIdentityResolution", "IgnoreQueryFilters", "IgnoreAutoIncludes",
        "TagWith", "TagWithCallSite", "AsQueryable",
    };

    /// <summary>From the outside in.</summary>
    public static IEnumerable<MethodCallExpression> Operators(Expression source)
    {
        for (var node = source; node is MethodCallExpression { Object: null, Arguments.Count: > 0 } call; node = call.Arguments[0])
        {
            yield return call;
        }
    }

    public static IEntityType Read(Expression source)
    {
        if (Operators(source).FirstOrDefault(call => !Allowed.Contains(call.Method.Name)) is { } refused)
        {
            throw new UpdateNotPossibleException(
                $"{refused.Method.Name} cannot stand in a query whose rows are changed and returned: {Why(refused.Method.Name)}");
        }

        var entity = Root(source).EntityType;
        foreach (var call in Operators(source).Where(call => call.Method.Name == nameof(Queryable.OfType)).Reverse())
        {
            var type = call.Method.GetGenericArguments()[0];
            entity = entity.GetDerivedTypesInclusive().FirstOrDefault(derived => derived.ClrType == type) ?? entity;
        }

        return entity.FindPrimaryKey() is not null && !entity.IsOwned()
            ? entity
            : throw new UpdateNotPossibleException($"'{entity.DisplayName()}' has no key of its own. Change the entity that owns the table.");
    }

    public static EntityQueryRootExpression Root(Expression source)
    {
        var node = source;
        while (node is MethodCallExpression { Object: null, Arguments.Count: > 0 } call)
        {
            node = call.Arguments[0];
        }

        return node is EntityQueryRootExpression root && root.GetType() == typeof(EntityQueryRootExpression)
            ? root
            : throw new UpdateNotPossibleException("The query must start at a set of the context, as in context.Set<Seat>().Where(...); raw SQL and functions are not changed.");
    }

    private static string Why(string name) => name switch
    {
        "Take" or "Skip" or "OrderBy" or "OrderByDescending" or "ThenBy" or "ThenByDescending" or "Reverse" =>
            "PostgreSQL would pick the rows in a subquery, on their values from before a wait, and not check them again. Lock them with OrderBy(...).Take(...).ForNoKeyUpdate() first, then change them by key.",
        "Include" or "ThenInclude" => "the related rows would be those from before the statement. Load them in a second one.",
        "ForUpdate" or "ForNoKeyUpdate" or "ForShare" or "ForKeyShare" => "the statement takes its own lock on the rows. Leave the lock out.",
        _ => "only Where and OfType may. Find the keys in a query of its own, then change by key.",
    };
}
