using System.Collections;
using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore.Query;

namespace Tiebreak.Updates;

/// <summary>
/// Takes the place of a query under EF Core's own ExecuteUpdate and ExecuteDelete and keeps the expression that they
/// build. Their operators are not public; calling them is.
/// </summary>
internal sealed class CapturedChange<TEntity>(IQueryable<TEntity> source) : IQueryable<TEntity>, IAsyncQueryProvider
{
    private MethodCallExpression? _change;

    public Type ElementType => typeof(TEntity);

    public Expression Expression => source.Expression;

    public IQueryProvider Provider => this;

    public static MethodCallExpression Of(IQueryable<TEntity> source, Action<IQueryable<TEntity>> change)
    {
        var captured = new CapturedChange<TEntity>(source);
        change(captured);
        return captured._change!;
    }

    public TResult Execute<TResult>(Expression expression)
    {
        _change = (MethodCallExpression)expression;
        return default!;
    }

    public object? Execute(Expression expression) => throw new NotSupportedException();

    public TResult ExecuteAsync<TResult>(Expression expression, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public IQueryable CreateQuery(Expression expression) => throw new NotSupportedException();

    public IQueryable<TElement> CreateQuery<TElement>(Expression expression) => throw new NotSupportedException();

    public IEnumerator<TEntity> GetEnumerator() => throw new NotSupportedException();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
