using System.Data.Common;
using System.Globalization;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;

namespace Tiebreak.Updates;

/// <summary>
/// The SQL of get-or-create and update-or-create. A created row is returned twice and a found one once: EF Core reads
/// nothing but the entity's columns from raw SQL, and so the number of rows carries the answer. A row that a statement
/// inserted has no xmax; one that ON CONFLICT met has (https://www.postgresql.org/docs/current/ddl-system-columns.html).
/// </summary>
internal sealed class UpsertStatement(UpsertTarget target, IReadOnlyList<UpsertColumn> columns, ISqlGenerationHelper helper, Func<DbCommand> makeCommand)
{
    private readonly List<object> _parameters = [];
    private readonly DbCommand _maker = makeCommand();
    private readonly Dictionary<UpsertColumn, string> _names = [];

    public object[] Parameters => [.. _parameters];

    private string Table => helper.DelimitIdentifier(target.Table.Name, target.Table.Schema);

    private static string Row => "\"t\"";

    /// <summary>A look-up, and only where it finds nothing an INSERT: a plain get writes nothing and takes no number of a sequence.</summary>
    public string GetOrCreate()
    {
        // Not DO NOTHING: what a concurrent transaction has committed since the start of the statement would neither be
        // inserted nor seen by it. DO UPDATE waits for that row and returns its latest version.
        var kept = columns.FirstOrDefault(column => column.Property == SeizeQueryableExtensions.FindColumn(target.Entity))
                   ?? columns.First(column => column.Property == target.On[0]);
        var name = Delimited(kept);
        return new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"WITH \"found\" AS (SELECT {Returned()} FROM {Table} AS {Row} WHERE {Condition()}),\n")
            .Append(CultureInfo.InvariantCulture, $"\"made\" AS ({Insert("SELECT", " WHERE NOT EXISTS (SELECT 1 FROM \"found\")")}\n")
            .Append(CultureInfo.InvariantCulture, $"ON CONFLICT ({Conflict()}) DO UPDATE SET {name} = {Row}.{name} RETURNING {Returned()}, {Row}.xmax = 0 AS \"tiebreak_created\")\n")
            .Append(UpsertSql.Marker)
            .Append(CultureInfo.InvariantCulture, $"SELECT {Names()} FROM \"found\" UNION ALL SELECT {Names()} FROM \"made\"\n")
            .Append(CultureInfo.InvariantCulture, $"UNION ALL SELECT {Names()} FROM \"made\" WHERE \"tiebreak_created\"")
            .ToString();
    }

    public string CreateOrUpdate(IReadOnlyList<IProperty> overwrite, IReadOnlyList<IProperty> add)
    {
        var setters = overwrite.Select(property => $"{Delimited(property)} = EXCLUDED.{Delimited(property)}")
            .Concat(add.Select(property => $"{Delimited(property)} = {Row}.{Delimited(property)} + EXCLUDED.{Delimited(property)}"));
        return new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"WITH \"made\" AS ({Insert("SELECT", "")}\n")
            .Append(CultureInfo.InvariantCulture, $"ON CONFLICT ({Conflict()}) DO UPDATE SET {string.Join(", ", setters)} RETURNING {Returned()}, {Row}.xmax = 0 AS \"tiebreak_created\")\n")
            .Append(UpsertSql.Marker)
            .Append(CultureInfo.InvariantCulture, $"SELECT {Names()} FROM \"made\" UNION ALL SELECT {Names()} FROM \"made\" WHERE \"tiebreak_created\"")
            .ToString();
    }

    private string Insert(string values, string condition)
    {
        var given = columns.Where(column => column.Given).ToList();
        return $"INSERT INTO {Table} AS {Row} ({string.Join(", ", given.Select(Delimited))})\n{values} {string.Join(", ", given.Select(Parameter))}{condition}";
    }

    private string Condition() => string.Join(" AND ", target.On.Select(property => $"{Row}.{Delimited(property)} = {Parameter(Column(property))}"));

    private string Conflict() => string.Join(", ", target.On.Select(Delimited));

    private string Returned() => string.Join(", ", columns.Select(column => $"{Row}.{Delimited(column)}"));

    private string Names() => UpsertSql.Raw(string.Join(", ", columns.Select(Delimited)));

    private UpsertColumn Column(IProperty property) => columns.First(column => column.Property == property);

    private string Delimited(UpsertColumn column) => helper.DelimitIdentifier(column.Name);

    private string Delimited(IProperty property) => Delimited(Column(property));

    /// <summary>The same value has one parameter; the cast says its type where PostgreSQL would have to guess.</summary>
    private string Parameter(UpsertColumn column)
    {
        var mapping = column.Property.GetRelationalTypeMapping();
        if (!_names.TryGetValue(column, out var name))
        {
            name = string.Create(CultureInfo.InvariantCulture, $"tiebreak_{_names.Count}");
            _names.Add(column, name);
            _parameters.Add(mapping.CreateParameter(_maker, name, column.Value, column.Property.IsNullable));
        }

        return $"CAST({helper.GenerateParameterName(name)} AS {mapping.StoreType})";
    }
}
