using System.Linq.Expressions;

namespace Tiebreak.Operations;

/// <summary>A query without the order at its end, which an UPDATE cannot have.</summary>
internal static class Unordered
{
    public static IQueryable<TEntity> Of<TEntity>(IQueryable<TEntity> query)
    {
        var source = query.Expression;
        while (source is MethodCallExpression { Method: { DeclaringType: var type, Name: "OrderBy" or "OrderByDescending" or "ThenBy" or "ThenByDescending" } } call
            && type == typeof(Queryable))
        {
            source = call.Arguments[0];
        }

        return source == query.Expression ? query : query.Provider.CreateQuery<TEntity>(source);
    }
}
