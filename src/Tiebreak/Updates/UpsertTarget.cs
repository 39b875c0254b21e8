using System.Linq.Expressions;
using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace Tiebreak.Updates;

/// <summary>The table of an entity and the unique properties by which its row is found; refuses what cannot be.</summary>
internal sealed record UpsertTarget(IEntityType Entity, ITable Table, IReadOnlyList<IProperty> On)
{
    public StoreObjectIdentifier Place => StoreObjectIdentifier.Table(Table.Name, Table.Schema);

    public static UpsertTarget For<TEntity>(DbContext context, Expression<Func<TEntity, object?>> on)
        where TEntity : class
    {
        var entity = context.Model.FindEntityType(typeof(TEntity))
                     ?? throw new UpdateNotPossibleException($"'{typeof(TEntity).Name}' is not an entity of this context.");
        if (entity.BaseType is not null || entity.GetDirectlyDerivedTypes().Any() || entity.GetTableMappings().ToList() is not [var mapping])
        {
            throw Refused(entity, "it is one of a hierarchy, or is not mapped to exactly one table");
        }

        if (entity.GetNavigations().FirstOrDefault(navigation => navigation.TargetEntityType.IsOwned()) is { } owned)
        {
            throw Refused(entity, $"it owns '{owned.Name}'. A complex property can be created with it");
        }

        if (FindUnmapped(entity.GetComplexProperties()) is { } complex)
        {
            throw Refused(entity, $"'{complex}' is a collection, JSON or an optional complex value");
        }

        var properties = Properties(entity, on);
        if (!UniqueRow.Unique(entity).Any(unique => unique.Count == properties.Count && unique.All(properties.Contains)))
        {
            throw Refused(entity, $"no key and no unique index of the model stands on exactly ({string.Join(", ", properties.Select(property => property.Name))}), and only one in the database lets two that come at once meet. Add entity.HasIndex(x => ...).IsUnique() and a migration (one with a filter does not count)");
        }

        return new UpsertTarget(entity, (ITable)mapping.Table, properties);
    }

    /// <summary>The mapped properties that <c>x => x.A</c> or <c>x => new { x.A, x.B }</c> names.</summary>
    public static IReadOnlyList<IProperty> Properties<TEntity>(IEntityType entity, Expression<Func<TEntity, object?>> selector)
    {
        var body = selector.Body is UnaryExpression { NodeType: ExpressionType.Convert } boxed ? boxed.Operand : selector.Body;
        var members = body is NewExpression made ? made.Arguments : [body];
        return [.. members.Select(member => member is MemberExpression { Member: PropertyInfo or FieldInfo } access && access.Expression == selector.Parameters[0]
            ? entity.FindProperty(access.Member.Name) ?? throw new ArgumentException(NotAProperty(entity, access.Member.Name), nameof(selector))
            : throw new ArgumentException(NotAProperty(entity, member.ToString()), nameof(selector)))];
    }

    private static string? FindUnmapped(IEnumerable<IComplexProperty> properties) => properties.Select(property =>
        property.IsCollection || property.IsNullable || property.ComplexType.IsMappedToJson() ? property.Name : FindUnmapped(property.ComplexType.GetComplexProperties()))
        .FirstOrDefault(name => name is not null);

    private static UpdateNotPossibleException Refused(IEntityType entity, string why) =>
        new($"'{entity.ShortName()}' cannot be created in one statement with a look-up: {why}.");

    private static string NotAProperty(IEntityType entity, string text) =>
        $"'{text}' is not a mapped property of '{entity.ShortName()}'. Write x => x.Email, or x => new {{ x.EventId, x.Number }}.";
}
