using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;

namespace Tiebreak.Updates;

/// <summary>One column of a row that is created, and what it is set to; <see cref="Given"/> is false where the database fills it.</summary>
internal sealed record UpsertColumn(string Name, IProperty Property, object? Value, bool Given);

/// <summary>The columns of an entity's table with the values of one instance, as SaveChanges would write them.</summary>
internal static class UpsertColumns
{
    public static IReadOnlyList<UpsertColumn> Read(DbContext context, IEntityType entity, StoreObjectIdentifier table, object instance)
    {
        var entry = context.Entry(instance);
        if (entry.State != EntityState.Detached)
        {
            throw new ArgumentException(
                $"The '{entity.ShortName()}' is tracked by the context already. Pass a new instance: it is read as the values of a row that may be created, and the row comes back as an entity of its own.",
                nameof(instance));
        }

        // Added, so that EF Core makes the values that the application makes (a Guid, a foreign key from a navigation).
        // Where the row is tracked under the same key, the key is given and the instance cannot stand beside it.
        if (!IsTracked(context, entity, entry))
        {
            entry.State = EntityState.Added;
        }

        try
        {
            var columns = entity.GetProperties().Select(property => Column(property, entry.Property(property).CurrentValue, entry.Property(property).IsTemporary, table)).ToList();
            AddComplex(entity.GetComplexProperties(), property => entry.ComplexProperty(property).CurrentValue, table, columns);
            return columns;
        }
        finally
        {
            entry.State = EntityState.Detached;
        }
    }

    private static bool IsTracked(DbContext context, IEntityType entity, EntityEntry instance) => context.ChangeTracker.Entries().Any(entry =>
        entry.Metadata == entity && entity.FindPrimaryKey()!.Properties.All(property =>
            property.GetKeyValueComparer().Equals(entry.Property(property).CurrentValue, instance.Property(property).CurrentValue)));

    private static void AddComplex(
        IEnumerable<IComplexProperty> properties, Func<IComplexProperty, object?> read, StoreObjectIdentifier table, List<UpsertColumn> columns)
    {
        foreach (var complex in properties)
        {
            var value = read(complex);
            columns.AddRange(complex.ComplexType.GetProperties().Select(property =>
                Column(property, value is null ? null : property.GetGetter().GetClrValue(value), isTemporary: false, table)));
            AddComplex(
                complex.ComplexType.GetComplexProperties(), inner => value is null ? null : inner.GetGetter().GetClrValue(value), table, columns);
        }
    }

    private static UpsertColumn Column(IProperty property, object? value, bool isTemporary, StoreObjectIdentifier table)
    {
        var leftToDatabase = isTemporary
            || property.GetBeforeSaveBehavior() == PropertySaveBehavior.Ignore
            || (property.ValueGenerated.HasFlag(ValueGenerated.OnAdd) && property.GetValueComparer().Equals(value, property.Sentinel) && !property.IsForeignKey() && property.GetValueGeneratorFactory() is null);
        return new UpsertColumn(property.GetColumnName(table)!, property, value, !leftToDatabase);
    }
}
