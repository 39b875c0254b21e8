using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Query;

namespace Tiebreak.RowLocks;

/// <summary>
/// The rows that <c>Of(x => x.A.B)</c> adds to a lock: a way along required references. Each step is locked, since a
/// row in the middle that others may change would make it open whose row stands at the end.
/// </summary>
internal sealed record LockedReference(IReadOnlyList<INavigation> Path)
{
    private static readonly HashSet<Type> Plain =
    [
        typeof(string), typeof(decimal), typeof(Guid), typeof(DateTime), typeof(DateTimeOffset), typeof(DateOnly), typeof(TimeOnly), typeof(TimeSpan),
    ];

    public static LockedReference Read(MethodCallExpression of, IEntityType entity, RowLock @lock)
    {
        var lambda = (LambdaExpression)((UnaryExpression)of.Arguments[1]).Operand;
        var path = new List<INavigation>();
        foreach (var member in Members(lambda, @lock))
        {
            path.Add(Step(path.Count == 0 ? entity : path[^1].TargetEntityType, member, @lock));
        }

        return path.Count == 0 ? throw Refusals.OfWhat(@lock, lambda.ToString(), "names no navigation") : new LockedReference(path);
    }

    /// <summary>The entity at the end of the first steps of the way, read from a row.</summary>
    public Expression From(Expression row, int steps) => Path.Take(steps).Aggregate(row, (holder, navigation) => Property(holder, navigation.ClrType, navigation.Name));

    /// <summary>
    /// A filter that is true for every row and needs the row at the end: it makes EF Core join the whole way. It
    /// stands first, below Take and Skip, where a join does not turn the locked table into a subquery.
    /// </summary>
    public MethodCallExpression Joined(Expression source, RowLock @lock)
    {
        var target = Path[^1].TargetEntityType;
        var property = target.GetProperties().Where(candidate => !candidate.IsKey() && Equatable(candidate)).MinBy(candidate => candidate.IsNullable)
            ?? throw Refusals.OfWhat(@lock, Path[^1].Name, "leads to an entity without a plain column beside its key, so EF Core would not join it. Lock it with a query of its own");
        var row = Expression.Parameter(source.Type.GetGenericArguments()[0], "row");
        var value = Property(From(row, Path.Count), property.ClrType, property.Name);
        return Expression.Call(
            QueryableMethods.Where.MakeGenericMethod(row.Type), source, Expression.Quote(Expression.Lambda(Expression.Equal(value, value), row)));
    }

    private static bool Equatable(IProperty property) =>
        property.GetValueConverter() is null
        && ((Nullable.GetUnderlyingType(property.ClrType) ?? property.ClrType) is var type)
        && (type.IsPrimitive || type.IsEnum || Plain.Contains(type));

    private static INavigation Step(IEntityType entity, string member, RowLock @lock)
    {
        if (entity.FindNavigation(member) is not { } navigation)
        {
            throw Refusals.OfWhat(@lock, member, entity.FindSkipNavigation(member) is null
                ? $"is not a navigation of '{entity.ShortName()}'"
                : "is a collection; lock its rows with a query of their own");
        }

        return navigation.TargetEntityType.IsOwned() ? throw Refusals.OfWhat(@lock, member, "is owned: it lives with its owner, whose row is locked already where they share one")
            : navigation.IsCollection ? throw Refusals.OfWhat(@lock, member, "is a collection; lock its rows with a query of their own")
            : !navigation.IsOnDependent ? throw Refusals.OfWhat(@lock, member, $"need not exist: its foreign key is on the other side. Start the query at '{navigation.TargetEntityType.ShortName()}' and name '{entity.ShortName()}' in Of")
            : !navigation.ForeignKey.IsRequired ? throw Refusals.OfWhat(@lock, member, "is optional: it stands on the nullable side of an outer join, where PostgreSQL locks no rows. Lock the row, then lock the other by its key with a query of its own")
            : navigation;
    }

    private static Stack<string> Members(LambdaExpression lambda, RowLock @lock)
    {
        var names = new Stack<string>();
        Expression? node = lambda.Body;
        while (node != lambda.Parameters[0])
        {
            (node, var name) = node switch
            {
                MemberExpression member => (member.Expression, member.Member.Name),
                MethodCallExpression { Method: { IsGenericMethod: true } method, Arguments: [var holder, ConstantExpression { Value: string property }] }
                    when method.GetGenericMethodDefinition() == RefreshCall.PropertyOf => (holder, property),
                UnaryExpression { NodeType: ExpressionType.Convert } convert when convert.Type.IsAssignableFrom(convert.Operand.Type) => (convert.Operand, null),
                _ => throw Refusals.OfWhat(@lock, lambda.ToString(), "is not a navigation, or a chain of them"),
            };
            if (name is not null)
            {
                names.Push(name);
            }
        }

        return names;
    }

    private static MethodCallExpression Property(Expression holder, Type type, string name) =>
        Expression.Call(RefreshCall.PropertyOf.MakeGenericMethod(type), holder, Expression.Constant(name));
}
