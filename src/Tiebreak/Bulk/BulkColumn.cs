using System.Data.Common;
using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;

namespace Tiebreak.Bulk;

/// <summary>One column of a table, and how to send the values of many rows for it.</summary>
internal abstract class BulkColumn<TRow>(string name, IReadOnlyList<ColumnSource> sources, ArrayType type)
{
    /// <summary>The column's name, unquoted.</summary>
    public string Name => name;

    public IReadOnlyList<ColumnSource> Sources => sources;

    public ArrayType Type => type;

    public IProperty? Property => sources[0].Leaf as IProperty;

    /// <summary>Whether each value is itself an array: unnest would flatten it.</summary>
    public virtual bool IsArray => false;

    /// <summary>Takes the column's values out of the rows.</summary>
    public abstract ColumnValues Values(ReadOnlySpan<TRow> rows, DbContext context);

    /// <summary>Takes the column's values out of keys that rows are found by.</summary>
    /// <param name="key">One of them.</param>
    /// <param name="value">Its value for the column, as the entity holds it.</param>
    public abstract Func<TKey[], ColumnValues> KeyValues<TKey>(ParameterExpression key, Expression value);

    /// <summary>A value that PostgreSQL returned, boxed, as <see cref="ColumnValues.At"/> gives it.</summary>
    public abstract object? Read(DbDataReader reader, int ordinal);
}

/// <summary>One column's values for the rows of one statement.</summary>
internal abstract class ColumnValues
{
    /// <summary>Adds the parameters, one name each.</summary>
    public abstract void AddTo(List<IRelationalParameter> parameters, ReadOnlySpan<string> names);

    /// <summary>Whether all rows have the very same value, and one that is not null: it then need not travel once a row.</summary>
    public virtual bool IsSame => false;

    /// <summary>Adds the value that all rows have as one parameter; only where <see cref="IsSame"/>.</summary>
    public virtual void AddSameTo(List<IRelationalParameter> parameters, string name) => throw new NotSupportedException();

    /// <summary>A row's value, boxed.</summary>
    public abstract object? At(int row);
}

/// <summary>A column whose values travel as the elements of one array.</summary>
internal sealed class ScalarColumn<TRow, TValue>(string name, IReadOnlyList<ColumnSource> sources, ArrayType type, Func<TRow, DbContext, TValue> read)
    : BulkColumn<TRow>(name, sources, type)
{
    public override ColumnValues Values(ReadOnlySpan<TRow> rows, DbContext context)
    {
        var values = new TValue[rows.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = read(rows[i], context);
        }

        return new ScalarValues(values, Type);
    }

    public override Func<TKey[], ColumnValues> KeyValues<TKey>(ParameterExpression key, Expression value)
    {
        var given = Expression.Lambda<Converter<TKey, TValue>>(
            ColumnAccess.Converted(value, Property!.GetRelationalTypeMapping().Converter, typeof(TValue)), key).Compile();
        return keys => new ScalarValues(Array.ConvertAll(keys, given), Type);
    }

    public override object? Read(DbDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetFieldValue<TValue>(ordinal);

    private sealed class ScalarValues(TValue[] values, ArrayType type) : ColumnValues
    {
        public override void AddTo(List<IRelationalParameter> parameters, ReadOnlySpan<string> names) =>
            parameters.Add(new ArrayParameter<TValue>(names[0], values, type));

        public override bool IsSame => SameValue.InAll(values);

        public override void AddSameTo(List<IRelationalParameter> parameters, string name) =>
            parameters.Add(new ValueParameter<TValue>(name, values[0], type));

        public override object? At(int row) => values[row];
    }
}

/// <summary>
/// A column of arrays. unnest flattens arrays of arrays, and PostgreSQL has no ragged ones: the elements of all rows
/// travel as one array, with the first and the last element's place for each row, and the statement slices it.
/// </summary>
internal sealed class ArrayColumn<TRow, TElement>(string name, IReadOnlyList<ColumnSource> sources, ArrayType type, Func<TRow, DbContext, IEnumerable<TElement>?> read)
    : BulkColumn<TRow>(name, sources, type)
{
    private static readonly ArrayType Places = ArrayType.Of(NpgsqlTypes.NpgsqlDbType.Integer, "integer[]");

    public override bool IsArray => true;

    public override ColumnValues Values(ReadOnlySpan<TRow> rows, DbContext context)
    {
        var elements = new List<TElement>();
        var first = new int?[rows.Length];
        var last = new int?[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            if (read(rows[i], context) is { } array)
            {
                first[i] = elements.Count + 1;
                elements.AddRange(array);
                last[i] = elements.Count;
            }
        }

        return new Slices([.. elements], first, last, Type);
    }

    public override Func<TKey[], ColumnValues> KeyValues<TKey>(ParameterExpression key, Expression value) => throw new NotSupportedException();

    public override object? Read(DbDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetFieldValue<TElement[]>(ordinal);

    private sealed class Slices(TElement[] elements, int?[] first, int?[] last, ArrayType type) : ColumnValues
    {
        public override void AddTo(List<IRelationalParameter> parameters, ReadOnlySpan<string> names)
        {
            parameters.Add(new ArrayParameter<int?>(names[0], first, Places));
            parameters.Add(new ArrayParameter<int?>(names[1], last, Places));
            parameters.Add(new ArrayParameter<TElement>(names[2], elements, type));
        }

        public override object? At(int row) => throw new NotSupportedException();
    }
}
