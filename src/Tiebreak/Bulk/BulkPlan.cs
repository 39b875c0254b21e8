using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;

namespace Tiebreak.Bulk;

/// <summary>What the model says of an entity's rows, with the statements that were written from it. Made once a model.</summary>
internal sealed class BulkPlan<TRow>
    where TRow : class
{
    private readonly ColumnSources _sources;

    private BulkPlan(IEntityType entity, ISqlGenerationHelper sql)
    {
        if (StoreObjectIdentifier.Create(entity, StoreObjectType.Table) is not { } table)
        {
            throw BulkRefusals.NoTable(entity);
        }

        Entity = entity;
        Sql = sql;
        Table = sql.DelimitIdentifier(table.Name, table.Schema);
        var mapped = entity.GetTableMappings().ToList();
        if (mapped.Count != 1)
        {
            throw BulkRefusals.SeveralTables(entity);
        }

        SharedWith = mapped[0].Table.EntityTypeMappings.Select(mapping => Root(mapping.TypeBase)).FirstOrDefault(root => root is not null && root != entity.GetRootType());
        _sources = ColumnSources.Of(entity, table);
        Columns = [.. _sources.Columns.Select(column => ColumnFactory.Create<TRow>(entity, mapped[0].Table, column.Key, column.Value))];
        Key = [.. entity.FindPrimaryKey()!.Properties.Select(property => Columns.Single(column => column.Property == property && column.Sources[0].Steps.Count == 0))];
        Elsewhere = [.. _sources.Elsewhere.Select(source => new OwnedElsewhere<TRow>(source))];
        Inserts = new InsertColumns<TRow>(this);
    }

    public IEntityType Entity { get; }

    public ISqlGenerationHelper Sql { get; }

    /// <summary>The table's name, quoted.</summary>
    public string Table { get; }

    public IReadOnlyList<BulkColumn<TRow>> Columns { get; }

    public IReadOnlyList<BulkColumn<TRow>> Key { get; }

    public InsertColumns<TRow> Inserts { get; }

    /// <summary>Another entity in the same table, not owned by this one.</summary>
    public IEntityType? SharedWith { get; }

    public IReadOnlyList<OwnedElsewhere<TRow>> Elsewhere { get; }

    public ConcurrentDictionary<string, UpdateStatement<TRow>> Updates { get; } = new(StringComparer.Ordinal);

    public ConcurrentDictionary<(ulong LeftOut, ulong Same, string? Conflict), InsertStatement<TRow>> InsertStatements { get; } = new();

    /// <summary>Searches by the type of a key and the paths of its properties.</summary>
    public ConcurrentDictionary<(Type Key, string Paths), object> Searches { get; } = new();

    /// <summary>The clause for a conflict over the named properties; by their paths.</summary>
    public ConcurrentDictionary<string, string> ConflictClauses { get; } = new(StringComparer.Ordinal);

    public static BulkPlan<TRow> For(DbContext context)
    {
        var entity = context.Model.FindEntityType(typeof(TRow)) ?? throw BulkRefusals.NotMapped(typeof(TRow), context);
        return (BulkPlan<TRow>?)entity.FindRuntimeAnnotation("Tiebreak:BulkPlan")?.Value
            ?? entity.GetOrAddRuntimeAnnotationValue("Tiebreak:BulkPlan", static given => Create(given.entity, given.context), (entity, context));
    }

    /// <summary>Refuses rows that are null or stored elsewhere.</summary>
    public void Check(ReadOnlySpan<TRow> rows)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            if (rows[i] is null)
            {
                throw BulkRefusals.NullRow(i, nameof(rows));
            }

            if (rows[i].GetType() != typeof(TRow) && Entity.Model.FindRuntimeEntityType(rows[i].GetType()) is var type && type != Entity
                && (type is null || !BulkRefusals.IsOneTableHierarchy(Entity)))
            {
                throw BulkRefusals.OtherType(Entity, rows[i].GetType(), i);
            }
        }
    }

    private static BulkPlan<TRow> Create(IEntityType entity, DbContext context)
    {
        if (entity.IsOwned())
        {
            throw BulkRefusals.Owned(entity);
        }

        if (entity.IsPropertyBag || entity.HasSharedClrType)
        {
            throw BulkRefusals.PropertyBag(entity);
        }

        if (entity.FindPrimaryKey() is null)
        {
            throw BulkRefusals.Keyless(entity);
        }

        return new BulkPlan<TRow>(entity, context.GetService<ISqlGenerationHelper>());
    }

    private static IEntityType? Root(ITypeBase type)
    {
        var entity = (type as IEntityType) ?? (type as IComplexType)?.ContainingEntityType;
        while (entity?.FindOwnership() is { } ownership)
        {
            entity = ownership.PrincipalEntityType;
        }

        return entity?.GetRootType();
    }
}
