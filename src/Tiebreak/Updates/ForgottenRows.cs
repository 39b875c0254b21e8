using System.Linq.Expressions;
using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Query;
using Tiebreak.RowLocks;

namespace Tiebreak.Updates;

/// <summary>Takes deleted rows out of the change tracker as they come back.</summary>
internal static class ForgottenRows
{
    private static readonly MethodInfo ForgetMethod = typeof(ForgottenRows).GetMethod(nameof(Forget))!;

    public static Expression OnEach(Expression rows, Expression scope)
    {
        var type = rows.Type.GetGenericArguments()[0];
        var row = Expression.Parameter(type, "row");
        var forget = Expression.Lambda(Expression.Call(ForgetMethod.MakeGenericMethod(type), scope, row), row);
        return Expression.Call(QueryableMethods.Select.MakeGenericMethod(type, type), rows, Expression.Quote(forget));
    }

    public static TEntity Forget<TEntity>(RefreshScope scope, TEntity entity)
        where TEntity : class
    {
        scope.Context.Entry(entity).State = EntityState.Detached;
        return entity;
    }
}
