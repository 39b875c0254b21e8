using System.Linq.Expressions;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Query;

namespace Tiebreak.Updates;

/// <summary>
/// The operators that stand at the root of a changing query. Their argument is EF Core's own ExecuteUpdate or
/// ExecuteDelete over the source, so parameters are taken out of it as they always are.
/// </summary>
internal static class ReturningOperators
{
    private static readonly ConditionalWeakTable<IQueryProvider, ICurrentDbContext> ProvidersWithTiebreak = [];

    private static readonly Dictionary<ChangeKind, MethodInfo> Methods = Enum.GetValues<ChangeKind>().ToDictionary(
        kind => kind, kind => typeof(Roots).GetMethod(kind.ToString())!);

    /// <summary>Remembers that this provider's context was configured with <c>UseTiebreak()</c>.</summary>
    public static void Register(IQueryProvider provider, ICurrentDbContext context) => ProvidersWithTiebreak.AddOrUpdate(provider, context);

    /// <summary>Changes rows and reads them back; what fails on the way back leaves them as they were.</summary>
    public static Task<List<TEntity>> ReadAsync<TEntity>(IQueryable<TEntity> source, IQueryable<TEntity> change, CancellationToken cancellationToken)
        where TEntity : class
    {
        if (!ProvidersWithTiebreak.TryGetValue(source.Provider, out var current))
        {
            return change.ToListAsync(cancellationToken);
        }

        var context = current.Context;
        var tracking = ChangeSpine.Operators(source.Expression).Select(call => call.Method.Name).FirstOrDefault(name => name is "AsTracking" or "AsNoTracking" or "AsNoTrackingWithIdentityResolution") is { } chosen
            ? chosen == "AsTracking"
            : context.ChangeTracker.QueryTrackingBehavior == QueryTrackingBehavior.TrackAll;
        return new OwnTransaction(context, ChangeSpine.Read(source.Expression), tracking).RunAsync(token => change.ToListAsync(token), cancellationToken);
    }

    public static IQueryable<TEntity> Update<TEntity>(IQueryable<TEntity> source, ChangeKind kind, Action<UpdateSettersBuilder<TEntity>> setters)
        where TEntity : class
    {
        RequireTiebreak(source);
        var change = CapturedChange<TEntity>.Of(source, captured => captured.ExecuteUpdate(setters));
        return source.Provider.CreateQuery<TEntity>(Expression.Call(Methods[kind].MakeGenericMethod(typeof(TEntity)), change));
    }

    public static IQueryable<TEntity> Delete<TEntity>(IQueryable<TEntity> source)
        where TEntity : class
    {
        RequireTiebreak(source);
        var change = CapturedChange<TEntity>.Of(source, captured => captured.ExecuteDelete());
        return source.Provider.CreateQuery<TEntity>(Expression.Call(Methods[ChangeKind.Delete].MakeGenericMethod(typeof(TEntity)), change));
    }

    /// <summary>Nothing where there is no such row, its value once where the condition did not hold, and its new value twice where it did.</summary>
    public static IQueryable<TValue> Outcome<TEntity, TValue>(
        IQueryable<TEntity> source, IQueryable<TEntity> changed, Action<UpdateSettersBuilder<TEntity>> setters, Expression<Func<TEntity, TValue>> value)
        where TEntity : class
    {
        RequireTiebreak(source);
        var change = CapturedChange<TEntity>.Of(changed, captured => captured.ExecuteUpdate(setters));
        return source.Provider.CreateQuery<TValue>(Expression.Call(
            Methods[ChangeKind.Outcome].MakeGenericMethod(typeof(TValue)), change, source.Select(value).Expression));
    }

    public static ChangeKind? Read(Expression query) =>
        query is MethodCallExpression { Method: { IsGenericMethod: true } method } && method.DeclaringType == typeof(Roots)
            ? Enum.Parse<ChangeKind>(method.Name)
            : null;

    public static void RequireTiebreak<TEntity>(IQueryable<TEntity> source)
    {
        if (source is EnumerableQuery)
        {
            throw new UpdateNotPossibleException(
                $"This query runs over objects in memory. Start it from a set of a DbContext, as in context.Set<{typeof(TEntity).Name}>().Where(...).");
        }

        if (source.Provider.GetType().Assembly == typeof(DbContext).Assembly && !ProvidersWithTiebreak.TryGetValue(source.Provider, out _))
        {
            throw new UpdateNotPossibleException("This needs UseTiebreak() on the options of the context: options.UseNpgsql(...).UseTiebreak().");
        }
    }

    /// <summary>What stands in the expression; never called.</summary>
    private static class Roots
    {
        public static IQueryable<TEntity> Rows<TEntity>(int change) => throw Never(change);

        public static IQueryable<TEntity> OneRow<TEntity>(int change) => throw Never(change);

        public static IQueryable<TEntity> Seize<TEntity>(int change) => throw Never(change);

        public static IQueryable<TEntity> Delete<TEntity>(int change) => throw Never(change);

        public static IQueryable<TValue> Outcome<TValue>(int change, IQueryable<TValue> found) => throw Never(change + found.Count());

        private static InvalidOperationException Never(int change) => new($"Only ever part of a query ({change}).");
    }
}
