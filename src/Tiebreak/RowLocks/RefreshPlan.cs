using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;

namespace Tiebreak.RowLocks;

/// <summary>
/// One value of a row that a refresh writes, and the way to it from the entity: a property; or an optional complex
/// value with all of its properties, which are there together or not at all.
/// </summary>
internal sealed record RefreshSlot(IPropertyBase Property, IReadOnlyList<IComplexProperty> ComplexPath)
{
    /// <summary>How to read it from the entity in memory; null where only the change tracker holds it.</summary>
    public IClrPropertyGetter? Getter { get; } = Property.IsShadowProperty() || Property is IProperty property && property.IsIndexerProperty() ? null : Property.GetGetter();

    /// <summary>Null for a complex value, which has no measure of its own.</summary>
    public ValueComparer? Comparer { get; } = (Property as IProperty)?.GetValueComparer();

    public Type Holder { get; } = (ComplexPath.Count == 0 ? Property.DeclaringType : ComplexPath[0].DeclaringType).ClrType;
}

/// <summary>The slots of the entity itself, or of one owned entity that lives in the same row.</summary>
internal sealed record RefreshPart(IReadOnlyList<INavigation> OwnedPath, IReadOnlyList<RefreshSlot> Slots)
{
    /// <summary>
    /// Whether the row has no such owned entity: a required column of it is null, or all of its columns are. EF Core
    /// decides by the same rule.
    /// </summary>
    public bool IsAbsent(ReadOnlySpan<object?> values)
    {
        var empty = true;
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] is not null)
            {
                empty = false;
            }
            else if (Slots[i] is { Property: IProperty { IsNullable: false }, ComplexPath.Count: 0 })
            {
                return true;
            }
        }

        return empty;
    }
}

/// <summary>What a refresh of an entity reads, in the order in which the query selects it. Made once a model.</summary>
internal sealed class RefreshPlan
{
    private const string Annotation = "Tiebreak:RefreshPlan";

    private readonly List<RefreshPart> _parts = [];

    private RefreshPlan(IEntityType entity)
    {
        AddPart(entity, []);
        References =
        [
            .. entity.GetDerivedTypesInclusive().SelectMany(type => type == entity ? type.GetNavigations() : type.GetDeclaredNavigations())
                .Where(navigation => navigation.IsOnDependent && !navigation.ForeignKey.IsOwnership),
        ];
    }

    public IReadOnlyList<RefreshPart> Parts => _parts;

    /// <summary>The navigations from the entity to another one by a foreign key of its own.</summary>
    public IReadOnlyList<INavigation> References { get; }

    /// <summary>A part of the entity that no refresh can write (JSON, a nested optional complex value); null if there is none.</summary>
    public string? Unreachable { get; private set; }

    public static RefreshPlan For(IEntityType entity) =>
        (RefreshPlan?)entity.FindRuntimeAnnotation(Annotation)?.Value ?? entity.GetOrAddRuntimeAnnotationValue(Annotation, static type => new RefreshPlan(type!), entity);

    private void AddPart(IEntityType entity, IReadOnlyList<INavigation> path)
    {
        var types = entity.GetDerivedTypesInclusive().ToList();
        var slots = new List<RefreshSlot>();
        _parts.Add(new RefreshPart(path, slots));
        foreach (var type in types)
        {
            var inherited = type != entity;
            foreach (var property in inherited ? type.GetDeclaredProperties() : type.GetProperties())
            {
                // A tracked row's key is what it was found by, and its discriminator is what its CLR type was made from.
                if (!property.IsPrimaryKey() && property != type.FindDiscriminatorProperty())
                {
                    slots.Add(new RefreshSlot(property, []));
                }
            }

            AddComplex(inherited ? type.GetDeclaredComplexProperties() : type.GetComplexProperties(), [], slots);
            foreach (var navigation in (inherited ? type.GetDeclaredNavigations() : type.GetNavigations())
                .Where(navigation => navigation.TargetEntityType.IsOwned() && !navigation.IsOnDependent))
            {
                if (navigation.TargetEntityType.IsMappedToJson())
                {
                    Unreachable ??= navigation.Name;
                }
                else if (!navigation.IsCollection)
                {
                    AddPart(navigation.TargetEntityType, [.. path, navigation]);
                }
            }
        }
    }

    private void AddComplex(IEnumerable<IComplexProperty> properties, IReadOnlyList<IComplexProperty> path, List<RefreshSlot> slots)
    {
        foreach (var property in properties)
        {
            if (property.IsCollection || property.ComplexType.IsMappedToJson() || (property.IsNullable && !IsFlat(property, path)))
            {
                Unreachable ??= property.Name;
                continue;
            }

            if (property.IsNullable)
            {
                slots.Add(new RefreshSlot(property, []));
                continue;
            }

            IReadOnlyList<IComplexProperty> here = [.. path, property];
            slots.AddRange(property.ComplexType.GetProperties().Select(scalar => new RefreshSlot(scalar, here)));
            AddComplex(property.ComplexType.GetComplexProperties(), here, slots);
        }
    }

    private static bool IsFlat(IComplexProperty property, IReadOnlyList<IComplexProperty> path) =>
        path.Count == 0 && !property.ComplexType.GetComplexProperties().Any() && property.ComplexType.FindDiscriminatorProperty() is null;
}
