using System.Linq.Expressions;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;

namespace Tiebreak.RowLocks;

/// <summary>Writes the lock operators into a query's expression and recognises them there.</summary>
internal static class LockOperators
{
    private static readonly ConditionalWeakTable<IQueryProvider, object> ProvidersWithTiebreak = [];
    private static readonly object Present = new();

    /// <summary>Remembers that this provider's context was configured with <c>UseTiebreak()</c>.</summary>
    public static void Register(IQueryProvider provider) => ProvidersWithTiebreak.AddOrUpdate(provider, Present);

    public static IQueryable<TEntity> Append<TEntity>(
        IQueryable<TEntity> source, Func<IQueryable<TEntity>, IQueryable<TEntity>> lockOperator)
    {
        ArgumentNullException.ThrowIfNull(source);
        var name = lockOperator.Method.Name;
        if (source is EnumerableQuery)
        {
            throw new RowLockNotPossibleException(
                $"{name}() locks rows of a database, and this query runs over objects in memory. Start it from a set of a DbContext, as in context.Set<{typeof(TEntity).Name}>().{name}().");
        }

        // A library that wraps EF Core's provider (to expand expressions, say) passes: EF Core still compiles what it makes.
        if (source.Provider.GetType().Assembly == typeof(DbContext).Assembly && !ProvidersWithTiebreak.TryGetValue(source.Provider, out _))
        {
            throw new RowLockNotPossibleException(
                $"{name}() needs UseTiebreak() on the options of the context: options.UseNpgsql(...).UseTiebreak().");
        }

        return source.Provider.CreateQuery<TEntity>(Expression.Call(null, lockOperator.Method, source.Expression));
    }

    public static RowLock? Read(MethodCallExpression call) => call.Method.DeclaringType != typeof(RowLockQueryableExtensions)
        ? null
        : new RowLock(call.Method.Name switch
        {
            nameof(RowLockQueryableExtensions.ForUpdate) => RowLockStrength.Update,
            nameof(RowLockQueryableExtensions.ForNoKeyUpdate) => RowLockStrength.NoKeyUpdate,
            nameof(RowLockQueryableExtensions.ForShare) => RowLockStrength.Share,
            _ => RowLockStrength.KeyShare,
        });

    /// <summary>Whether a lock operator stands anywhere in the expression.</summary>
    public static bool Occur(Expression expression)
    {
        var search = new Search();
        search.Visit(expression);
        return search.Found;
    }

    private sealed class Search : ExpressionVisitor
    {
        public bool Found { get; private set; }

        public override Expression? Visit(Expression? node) => Found ? node : base.Visit(node);

        protected override Expression VisitMethodCall(MethodCallExpression node)
        {
            Found = Found || Read(node) is not null;
            return base.VisitMethodCall(node);
        }
    }
}
