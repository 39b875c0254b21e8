using System.Collections;
using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore.Query;

namespace Tiebreak.RowLocks;

/// <summary>Makes one executor of two.</summary>
internal static class EitherExecutor
{
    public static Func<QueryContext, TResult> Of<TResult>(
        Expression query, Func<QueryContext, TResult> plain, Func<QueryContext, TResult> refreshing, TrackedTypes tracked)
    {
        // A plain IEnumerable is enumerated at once, or asked for its SQL, which only EF Core's own sequence can say.
        if (!typeof(IQueryable).IsAssignableFrom(query.Type) || typeof(TResult) == typeof(IEnumerable))
        {
            return context => (tracked.OccurIn(context.Context) ? refreshing : plain)(context);
        }

        var rows = typeof(EitherExecutor).GetMethod(nameof(Rows))!.MakeGenericMethod(query.Type.GetGenericArguments()[0])
            .CreateDelegate<Func<QueryContext, Func<QueryContext, object>, Func<QueryContext, object>, TrackedTypes, object>>();
        object First(QueryContext context) => plain(context)!;
        object Second(QueryContext context) => refreshing(context)!;
        return context => (TResult)rows(context, First, Second, tracked);
    }

    public static object Rows<T>(
        QueryContext context, Func<QueryContext, object> plain, Func<QueryContext, object> refreshing, TrackedTypes tracked) =>
        new EitherRows<T>(context, plain, refreshing, tracked);
}
