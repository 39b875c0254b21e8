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
        IQueryable<TEntity> source, Func<IQueryable<TEntity>, IQueryable<TEntity>> lockOperator) =>
        Append(source, lockOperator.Method.Name, expression => Expression.Call(lockOperator.Method, expression));

    public static IQueryable<TEntity> Append<TEntity>(
        IQueryable<TEntity> source, Func<IQueryable<TEntity>, RowLockWait, IQueryable<TEntity>> lockOperator, RowLockWait wait) =>
        Append(source, lockOperator.Method.Name, expression => WaitArgument.Write<TEntity>(expression, lockOperator.Method, wait));

    public static IQueryable<TEntity> Append<TEntity>(IQueryable<TEntity> source, string name, Func<Expression, MethodCallExpression> call)
    {
        ArgumentNullException.ThrowIfNull(source);
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

        return source.Provider.CreateQuery<TEntity>(call(source.Expression));
    }

    public static RowLock? Read(MethodCallExpression call) => call.Method.DeclaringType != typeof(RowLockQueryableExtensions) || IsOf(call)
        ? WaitArgument.ReadTimed(call)
        : new RowLock(StrengthOf(call.Method.Name), WaitArgument.ModeOf(WaitOf(call)));

    public static Expression? WaitOf(MethodCallExpression call) => call.Arguments.Count > 1 ? call.Arguments[^1] : null;

    public static RowLockStrength StrengthOf(string lockOperator) => lockOperator switch
    {
        nameof(RowLockQueryableExtensions.ForUpdate) => RowLockStrength.Update,
        nameof(RowLockQueryableExtensions.ForNoKeyUpdate) => RowLockStrength.NoKeyUpdate,
        nameof(RowLockQueryableExtensions.ForShare) => RowLockStrength.Share,
        _ => RowLockStrength.KeyShare,
    };

    public static bool IsOf(MethodCallExpression call) =>
        call.Method.DeclaringType == typeof(RowLockQueryableExtensions) && call.Method.Name == nameof(RowLockQueryableExtensions.Of);

    /// <summary>Whether one of the operators stands anywhere in the expression.</summary>
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
            Found = Found || IsOf(node) || Read(node) is not null;
            return base.VisitMethodCall(node);
        }
    }
}
