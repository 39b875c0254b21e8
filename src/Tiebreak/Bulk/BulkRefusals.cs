using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace Tiebreak.Bulk;

/// <summary>What cannot be written in bulk, and what to write instead.</summary>
internal static class BulkRefusals
{
    public static bool IsOneTableHierarchy(IEntityType entity) => entity.FindDiscriminatorProperty() is not null;

    public static InvalidOperationException NotMapped(Type type, DbContext context) =>
        new($"'{type.Name}' is no entity type of {context.GetType().Name}. Give rows of a mapped class, as the list's own type: BulkInsertAsync<Order>(orders).");

    public static InvalidOperationException Owned(IEntityType entity) =>
        new($"'{entity.DisplayName()}' is owned by '{entity.FindOwnership()?.PrincipalEntityType.DisplayName()}'. Write the rows of the owner.");

    public static InvalidOperationException PropertyBag(IEntityType entity) =>
        new($"'{entity.DisplayName()}' is a property bag or a shared type. Write it with SaveChanges, or map a class of its own.");

    public static InvalidOperationException Keyless(IEntityType entity) =>
        new($"'{entity.DisplayName()}' has no primary key. Declare one with HasKey(...), or write the rows in SQL of your own.");

    public static InvalidOperationException NoTable(IEntityType entity) =>
        new($"'{entity.DisplayName()}' is not mapped to a table (a view, a function or an abstract type). Write rows of the entity that is.");

    public static InvalidOperationException SeveralTables(IEntityType entity) =>
        new($"A row of '{entity.DisplayName()}' stands in several tables (TPT, or split over tables), and one statement writes one. Use SaveChanges, or map the hierarchy as TPH or TPC.");

    public static InvalidOperationException SharedTable(IEntityType entity, IEntityType other) =>
        new($"'{entity.DisplayName()}' shares its table with '{other.DisplayName()}'; its rows can be updated in bulk, not inserted or deleted. Use SaveChanges.");

    public static InvalidOperationException ShadowInside(IEntityType entity, string path) =>
        new($"'{entity.DisplayName()}.{path}' is a shadow property or an indexer of a part of the row, which no instance holds. Map it to a property of the class.");

    public static InvalidOperationException DifferentTypes(IEntityType entity, string column) =>
        new($"Types derived from '{entity.DisplayName()}' share the column '{column}' with different types or conversions. Give each a column of its own, or use SaveChanges.");

    public static InvalidOperationException NestedArray(IEntityType entity, string path) =>
        new($"'{entity.DisplayName()}.{path}' is an array of arrays, which PostgreSQL keeps as one with several dimensions. Use SaveChanges.");

    public static InvalidOperationException OtherType(IEntityType entity, Type row, int index) =>
        new($"Row {index} is a '{row.Name}', which is stored in another table than '{entity.DisplayName()}'. Write each type's rows on their own: rows.OfType<{row.Name}>().");

    public static InvalidOperationException OwnsElsewhere(IEntityType entity, string path, int index) =>
        new($"Row {index} of '{entity.DisplayName()}' holds values in '{path}', which are rows of another table. Use SaveChanges for it.");

    public static InvalidOperationException NoKey(IEntityType entity, string property, int index) =>
        new($"Row {index} of '{entity.DisplayName()}' has no {property}: the database would make it, and PostgreSQL does not promise to return rows in the order in which they were given. Make keys in the application (Guid.CreateVersion7(now)), draw them from the sequence first (UseHiLo), or use SaveChanges.");

    public static InvalidOperationException KeyNotComparable(IEntityType entity, string property) =>
        new($"'{entity.DisplayName()}.{property}' is a key whose type may be stored otherwise than it was given (a length, a precision, padding), so the returned rows cannot be told apart. Use BulkInsertAsync, or a key of type uuid, text, integer or the like.");

    public static InvalidOperationException ReferenceWithoutKey(string entity, string navigation, string property) =>
        new($"'{entity}.{navigation}' is set, but its foreign key '{property}' is a shadow property without a value; bulk statements do not look at navigations. Map the foreign key to a property and set it.");

    public static InvalidOperationException ShadowToken(IEntityType entity, string property) =>
        new($"'{entity.DisplayName()}' has the shadow property '{property}' as its concurrency token, and the rows given do not hold what was read. Map the token to a property, or use SaveChanges.");

    public static ArgumentException NullRow(int index, string parameter) =>
        new($"Row {index} is null. Leave it out of the list.", parameter);

    public static ArgumentException TwoRowsOneKey(IEntityType entity, object? key, string parameter) =>
        new($"Two of the given rows of '{entity.DisplayName()}' have the key {key}; it is open which should win. Give one row for each key.", parameter);

    public static ArgumentException Selector(string parameter) =>
        new("Name properties of the row, as in x => x.Name or x => new { x.Name, x.Address.City } or x => EF.Property<string>(x, \"Note\").", parameter);

    public static ArgumentException Unknown(IEntityType entity, string path, string parameter) =>
        new($"'{path}' is no mapped property of '{entity.DisplayName()}' in its table. Name mapped properties only.", parameter);

    public static ArgumentException NotWritable(IEntityType entity, string path, string parameter) =>
        new($"'{entity.DisplayName()}.{path}' cannot be updated: it is part of the key, the discriminator, or the database's to make. Leave it out.", parameter);

    public static InvalidOperationException NotFindable(IEntityType entity) =>
        new($"Rows of '{entity.DisplayName()}' cannot be made here: that needs a constructor without parameters, every column in a property of its own that can be set, a table of its own, and no query filter. Read them with a LINQ query.");

    public static ArgumentException NotSearchable(IEntityType entity, string parameter) =>
        new($"Rows of '{entity.DisplayName()}' are found by properties that hold single values. Read them with a LINQ query.", parameter);

    public static InvalidOperationException NothingToUpdate(IEntityType entity) =>
        new($"'{entity.DisplayName()}' has no property that an update could write.");

    public static ArgumentException NoUniqueIndex(IEntityType entity, string properties, string parameter) =>
        new($"No key and no unique index without a filter of '{entity.DisplayName()}' is over exactly ({properties}), and PostgreSQL needs one to see the conflict. Declare HasIndex(...).IsUnique(), or leave the properties out: any conflict is then ignored.", parameter);
}
