using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace Tiebreak.Bulk;

/// <summary>Where a column's value stands in a row's entity.</summary>
/// <param name="Entity">The entity type that declares it, of which the row has to be one.</param>
/// <param name="Steps">Owned and complex values on the way.</param>
/// <param name="Leaf">The value: a property, or what is stored as JSON.</param>
internal sealed record ColumnSource(IEntityType Entity, IReadOnlyList<IPropertyBase> Steps, IPropertyBase Leaf)
{
    /// <summary>As a caller names it: Hall.City.</summary>
    public string Path { get; } = string.Join('.', Steps.Append(Leaf).Select(step => step.Name));

    /// <summary>The entity's own discriminator, which its CLR type decides.</summary>
    public bool IsDiscriminator => Steps.Count == 0 && Leaf == Entity.FindDiscriminatorProperty();
}

/// <summary>The columns of an entity's table, each with where its values stand.</summary>
internal sealed class ColumnSources
{
    private readonly StoreObjectIdentifier _table;

    private ColumnSources(StoreObjectIdentifier table) => _table = table;

    public Dictionary<string, List<ColumnSource>> Columns { get; } = new(StringComparer.Ordinal);

    /// <summary>What the entity owns in other tables.</summary>
    public List<ColumnSource> Elsewhere { get; } = [];

    public static ColumnSources Of(IEntityType entity, StoreObjectIdentifier table)
    {
        var sources = new ColumnSources(table);
        sources.Add(entity, entity, [], inherited: true);
        if (BulkRefusals.IsOneTableHierarchy(entity))
        {
            foreach (var derived in entity.GetDerivedTypes())
            {
                sources.Add(derived, derived, [], inherited: false);
            }
        }

        return sources;
    }

    private void Add(IEntityType root, ITypeBase type, IReadOnlyList<IPropertyBase> steps, bool inherited)
    {
        foreach (var property in inherited ? type.GetProperties() : type.GetDeclaredProperties())
        {
            // An owned entity's key is the owner's, in the same column.
            if (!(steps.Count > 0 && property.IsPrimaryKey()) && property.GetColumnName(_table) is { } column)
            {
                Add(column, new ColumnSource(root, steps, property));
            }
        }

        foreach (var complex in inherited ? type.GetComplexProperties() : type.GetDeclaredComplexProperties())
        {
            if (complex.ComplexType.IsMappedToJson())
            {
                Add(complex.ComplexType.GetContainerColumnName()!, new ColumnSource(root, steps, complex));
            }
            else
            {
                Add(root, complex.ComplexType, [.. steps, complex], inherited: true);
            }
        }

        if (type is IEntityType entity)
        {
            AddOwned(root, inherited ? entity.GetNavigations() : entity.GetDeclaredNavigations(), steps);
        }
    }

    private void AddOwned(IEntityType root, IEnumerable<INavigation> navigations, IReadOnlyList<IPropertyBase> steps)
    {
        foreach (var navigation in navigations.Where(navigation => navigation.ForeignKey.IsOwnership && !navigation.IsOnDependent))
        {
            var target = navigation.TargetEntityType;
            if (target.IsMappedToJson())
            {
                Add(target.GetContainerColumnName()!, new ColumnSource(root, steps, navigation));
            }
            else if (!navigation.IsCollection && StoreObjectIdentifier.Create(target, StoreObjectType.Table) == _table)
            {
                Add(root, target, [.. steps, navigation], inherited: true);
            }
            else
            {
                Elsewhere.Add(new ColumnSource(root, steps, navigation));
            }
        }
    }

    private void Add(string column, ColumnSource source)
    {
        if (!Columns.TryGetValue(column, out var sources))
        {
            Columns.Add(column, sources = []);
        }

        sources.Add(source);
    }
}
