using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;

namespace Tiebreak.Bulk;

/// <summary>Writes <c>ON CONFLICT (...) DO NOTHING</c>.</summary>
internal static class ConflictTarget
{
    public const string Any = " ON CONFLICT DO NOTHING";

    public static string Clause<TRow>(BulkPlan<TRow> plan, DbContext context, IReadOnlyList<string>? paths)
        where TRow : class =>
        paths is null ? Any : plan.ConflictClauses.GetOrAdd(string.Join(',', paths), static (_, given) => Write(given.plan, given.context, given.paths), (plan, context, paths));

    private static string Write<TRow>(BulkPlan<TRow> plan, DbContext context, IReadOnlyList<string> paths)
        where TRow : class
    {
        var columns = paths
            .Select(path => plan.Columns.FirstOrDefault(column => column.Sources.Any(source => source.Path == path)) ?? throw BulkRefusals.Unknown(plan.Entity, path, "conflictOn"))
            .ToList();

        // An index's filter is not kept in the model that contexts run on.
        var entity = context.GetService<IDesignTimeModel>().Model.FindEntityType(plan.Entity.Name)!;
        var table = StoreObjectIdentifier.Create(entity, StoreObjectType.Table)!.Value;
        var keys = entity.GetDerivedTypesInclusive().SelectMany(type => type.GetKeys()).Select(key => key.Properties);
        var indexes = entity.GetDerivedTypesInclusive().SelectMany(type => type.GetIndexes()).Where(index => index.IsUnique && index.GetFilter() is null).Select(index => index.Properties);
        var names = columns.Select(column => column.Name).ToHashSet(StringComparer.Ordinal);
        if (!keys.Concat(indexes).Any(unique => names.SetEquals(unique.Select(property => property.GetColumnName(table) ?? ""))))
        {
            throw BulkRefusals.NoUniqueIndex(plan.Entity, string.Join(", ", paths), "conflictOn");
        }

        return $" ON CONFLICT ({string.Join(", ", columns.Select(column => plan.Sql.DelimitIdentifier(column.Name)))}) DO NOTHING";
    }
}
