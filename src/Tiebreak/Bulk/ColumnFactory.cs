using System.Linq.Expressions;
using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;
using NpgsqlTypes;

namespace Tiebreak.Bulk;

/// <summary>Makes a column's typed reader from the model.</summary>
internal static class ColumnFactory
{
    private static readonly MethodInfo ScalarMethod = typeof(ColumnFactory).GetMethod(nameof(Scalar), BindingFlags.NonPublic | BindingFlags.Static)!;
    private static readonly MethodInfo ArrayMethod = typeof(ColumnFactory).GetMethod(nameof(Array), BindingFlags.NonPublic | BindingFlags.Static)!;
    private static readonly MethodInfo JsonMethod = typeof(JsonText).GetMethod(nameof(JsonText.Write))!;

    public static BulkColumn<TRow> Create<TRow>(IEntityType entity, ITable table, string name, IReadOnlyList<ColumnSource> sources)
    {
        if (sources[0].Leaf is not IProperty property)
        {
            return Json<TRow>(table, name, sources);
        }

        foreach (var source in sources)
        {
            if ((source.Leaf.IsShadowProperty() && source.Steps.Count > 0) || source.Leaf.IsIndexerProperty())
            {
                throw BulkRefusals.ShadowInside(entity, source.Path);
            }

            if (source.Leaf is not IProperty other || Provided(other) != Provided(property) || other.GetRelationalTypeMapping().StoreType != property.GetRelationalTypeMapping().StoreType)
            {
                throw BulkRefusals.DifferentTypes(entity, name);
            }
        }

        var mapping = property.GetRelationalTypeMapping();
        if (mapping.ElementTypeMapping is RelationalTypeMapping elements && mapping.StoreType.EndsWith("[]", StringComparison.Ordinal))
        {
            var element = ElementOf(Provided(property));
            return element is null || elements.StoreType.EndsWith("[]", StringComparison.Ordinal)
                ? throw BulkRefusals.NestedArray(entity, sources[0].Path)
                : (BulkColumn<TRow>)ArrayMethod.MakeGenericMethod(typeof(TRow), element).Invoke(null, [name, sources, ArrayType.Of(elements)])!;
        }

        var isNullable = sources.Any(source => source.Steps.Count > 0 || source.Entity != entity || ((IProperty)source.Leaf).IsNullable);
        return (BulkColumn<TRow>)ScalarMethod.MakeGenericMethod(typeof(TRow), Sent(Provided(property), isNullable)).Invoke(null, [name, sources, ArrayType.Of(mapping)])!;
    }

    private static Type Provided(IProperty property)
    {
        var type = property.GetRelationalTypeMapping().Converter?.ProviderClrType ?? property.ClrType;
        return Nullable.GetUnderlyingType(type) ?? type;
    }

    /// <summary>What an array is made of: char[] and byte[] are values of their own to the driver, not arrays of one-letter texts and small numbers.</summary>
    private static Type Sent(Type provided, bool isNullable)
    {
        var type = provided == typeof(char) || ArrayType.IsText(provided) ? typeof(string) : provided == typeof(byte) || provided == typeof(sbyte) ? typeof(short) : provided;
        return isNullable && type.IsValueType ? typeof(Nullable<>).MakeGenericType(type) : type;
    }

    private static Type? ElementOf(Type collection) =>
        collection.IsArray && collection.GetArrayRank() > 1
            ? null
            : collection.GetInterfaces().Append(collection).FirstOrDefault(face => face.IsGenericType && face.GetGenericTypeDefinition() == typeof(IEnumerable<>))?.GetGenericArguments()[0];

    private static ScalarColumn<TRow, TValue> Scalar<TRow, TValue>(string name, IReadOnlyList<ColumnSource> sources, ArrayType type) =>
        new(name, sources, type, ColumnAccess.Reader<TRow, TValue>(sources, (source, value) =>
            ColumnAccess.Converted(value, ((IProperty)source.Leaf).GetRelationalTypeMapping().Converter, typeof(TValue))));

    private static ArrayColumn<TRow, TElement> Array<TRow, TElement>(string name, IReadOnlyList<ColumnSource> sources, ArrayType type) =>
        new(name, sources, type, ColumnAccess.Reader<TRow, IEnumerable<TElement>?>(sources, (source, value) =>
            ColumnAccess.Converted(value, ((IProperty)source.Leaf).GetRelationalTypeMapping().Converter, typeof(IEnumerable<TElement>))));

    private static ScalarColumn<TRow, string?> Json<TRow>(ITable table, string name, IReadOnlyList<ColumnSource> sources)
    {
        var isBinary = table.FindColumn(name)?.StoreType != "json";
        return new(name, sources, ArrayType.Of(isBinary ? NpgsqlDbType.Jsonb : NpgsqlDbType.Json, isBinary ? "jsonb[]" : "json[]"),
            ColumnAccess.Reader<TRow, string?>(sources, (source, value) =>
                Expression.Call(JsonMethod, Expression.Constant(source.Leaf, typeof(IPropertyBase)), Expression.Convert(value, typeof(object)))));
    }
}
