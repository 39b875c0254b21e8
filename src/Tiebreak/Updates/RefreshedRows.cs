using System.Linq.Expressions;
using System.Reflection;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Query;

namespace Tiebreak.Updates;

/// <summary>The operator that brings tracked entities up to the rows that a query just read.</summary>
internal static class RefreshedRows
{
    private static readonly MethodInfo Method = typeof(RefreshedRows).GetMethod(nameof(Refreshed), BindingFlags.Static | BindingFlags.NonPublic)!;

    public static IQueryable<TEntity> Of<TEntity>(IQueryable<TEntity> source) =>
        source.Provider.CreateQuery<TEntity>(Expression.Call(Method.MakeGenericMethod(typeof(TEntity)), source.Expression));

    public static (Expression Rows, IEntityType Entity)? Read(Expression query) =>
        query is MethodCallExpression { Method.IsGenericMethod: true } call && call.Method.GetGenericMethodDefinition() == Method
            ? (call.Arguments[0], Root(call.Arguments[0]))
            : null;

    private static IEntityType Root(Expression source)
    {
        var node = source;
        while (node is MethodCallExpression { Object: null, Arguments.Count: > 0 } call)
        {
            node = call.Arguments[0];
        }

        return ((EntityQueryRootExpression)node).EntityType;
    }

    private static IQueryable<TEntity> Refreshed<TEntity>(IQueryable<TEntity> source) =>
        throw new InvalidOperationException($"Only ever part of a query ({source.ElementType.Name}).");
}
