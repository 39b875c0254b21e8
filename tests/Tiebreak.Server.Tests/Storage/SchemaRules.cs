using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace Tiebreak.Server.Tests.Storage;

/// <summary>
/// What a model must keep so that its tables can be spread over many machines (Citus's rules for distributed tables).
/// A table's shard key is the first column of its primary key.
/// </summary>
internal static class SchemaRules
{
    /// <summary>Everything that breaks a rule, one sentence each.</summary>
    /// <param name="model">The design-time model.</param>
    /// <param name="referenceTables">Small tables that stand whole on every machine: any table may refer to them.</param>
    public static IReadOnlyList<string> Find(IModel model, params string[] referenceTables) =>
    [
        .. model.GetSequences().Select(sequence => $"sequence {sequence.Name}: ids are made by the application"),
        .. model.GetEntityTypes().Where(entity => entity.GetTableName() is not null).SelectMany(entity => OfTable(entity, referenceTables)),
    ];

    private static IEnumerable<string> OfTable(IEntityType entity, string[] referenceTables)
    {
        var table = entity.GetTableName();
        if (entity.FindPrimaryKey() is not { } primaryKey)
        {
            return [$"{table}: has no primary key, so no shard key"];
        }

        var shardKey = primaryKey.Properties[0];
        return Uniques(entity, table, shardKey)
            .Concat(entity.GetForeignKeys().Where(foreignKey => !RunsAlong(foreignKey, shardKey) && !referenceTables.Contains(foreignKey.PrincipalEntityType.GetTableName()))
                .Select(foreignKey => $"{table}: the foreign key ({Names(foreignKey.Properties)}) to {foreignKey.PrincipalEntityType.GetTableName()} does not run along the shard key {shardKey.GetColumnName()}"))
            .Concat(entity.GetDeclaredTriggers().Select(trigger => $"{table}: the trigger {trigger.ModelName}"))
            .Concat(entity.GetProperties().Where(IsMadeByTheDatabase).Select(property => $"{table}.{property.GetColumnName()}: its value is made by the database"))
            .Concat(shardKey.GetAfterSaveBehavior() == PropertySaveBehavior.Throw ? [] : [$"{table}: the shard key {shardKey.GetColumnName()} can be changed"]);
    }

    private static IEnumerable<string> Uniques(IEntityType entity, string? table, IProperty shardKey) =>
        entity.GetIndexes().Where(index => index.IsUnique).Select(index => index.Properties)
            .Concat(entity.GetKeys().Where(key => !key.IsPrimaryKey()).Select(key => key.Properties))
            .Where(columns => !columns.Contains(shardKey))
            .Select(columns => $"{table}: unique ({Names(columns)}) does not hold the shard key {shardKey.GetColumnName()}");

    /// <summary>Whether the dependent's shard key refers to the principal's: rows that belong together are on one machine.</summary>
    private static bool RunsAlong(IForeignKey foreignKey, IProperty shardKey)
    {
        var at = foreignKey.Properties.ToList().IndexOf(shardKey);
        return at >= 0 && foreignKey.PrincipalKey.Properties[at] == foreignKey.PrincipalEntityType.FindPrimaryKey()!.Properties[0];
    }

    private static bool IsMadeByTheDatabase(IProperty property) =>
        property.ValueGenerated != ValueGenerated.Never || property.GetDefaultValueSql() is not null || property.GetComputedColumnSql() is not null;

    private static string Names(IEnumerable<IProperty> properties) => string.Join(", ", properties.Select(property => property.GetColumnName()));
}
