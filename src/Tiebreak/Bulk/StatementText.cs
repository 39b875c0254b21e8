using System.Globalization;
using System.Numerics;
using System.Text;

namespace Tiebreak.Bulk;

/// <summary>A statement's text. Its parameters are numbered by its place among those that are sent together.</summary>
internal sealed class StatementText(int parameters, Func<string[], string> write)
{
    // Beyond so many statements in one command the text is written each time.
    private readonly (string Sql, string[] Names)?[] _kept = new (string, string[])?[32];

    public (string Sql, string[] Names) At(int place)
    {
        if (place >= _kept.Length)
        {
            return Write(place);
        }

        return _kept[place] ??= Write(place);
    }

    private (string Sql, string[] Names) Write(int place)
    {
        var names = new string[parameters];
        for (var i = 0; i < parameters; i++)
        {
            names[i] = string.Create(CultureInfo.InvariantCulture, $"p{place}_{i}");
        }

        return (write(names), names);
    }
}

/// <summary>Columns as a FROM item: <c>unnest(@p0::uuid[], @p1::text[]) AS u(c0, c1)</c>.</summary>
internal sealed class Unnested<TRow>
{
    private readonly int[] _starts;
    private readonly ulong _same;

    /// <param name="columns">The columns.</param>
    /// <param name="same">Those whose one value all rows have, a bit each: they are no part of the FROM item.</param>
    public Unnested(IReadOnlyList<BulkColumn<TRow>> columns, ulong same = 0)
    {
        Columns = columns;
        _same = same;
        _starts = new int[columns.Count];
        for (var i = 0; i < columns.Count; i++)
        {
            _starts[i] = Parameters;
            Parameters += columns[i].IsArray ? 3 : 1;
        }
    }

    public IReadOnlyList<BulkColumn<TRow>> Columns { get; }

    public int Parameters { get; }

    /// <summary>The names of one column's parameters among those of the statement.</summary>
    public ReadOnlySpan<string> Names(int column, string[] names) => names.AsSpan(_starts[column], Columns[column].IsArray ? 3 : 1);

    /// <summary>Whether every column is one value: there is one row and no FROM item.</summary>
    public bool IsOneRow => BitOperations.PopCount(_same) == Columns.Count;

    public bool IsSame(int column) => column < 64 && (_same & (1UL << column)) != 0;

    public string From(string[] names, bool withOrdinality)
    {
        var arguments = new List<string>();
        var aliases = new List<string>();
        for (var i = 0; i < Columns.Count; i++)
        {
            if (IsSame(i))
            {
                continue;
            }

            var column = Columns[i];
            var start = _starts[i];
            for (var part = 0; part < (column.IsArray ? 2 : 1); part++)
            {
                arguments.Add("@" + names[start + part] + "::" + (column.IsArray ? "integer[]" : column.Type.Cast));
                aliases.Add(Alias(start + part));
            }
        }

        if (withOrdinality)
        {
            aliases.Add("n");
        }

        return new StringBuilder("unnest(").AppendJoin(", ", arguments).Append(withOrdinality ? ") WITH ORDINALITY AS u(" : ") AS u(").AppendJoin(", ", aliases).Append(')').ToString();
    }

    public string Value(int column, string[] names)
    {
        var start = _starts[column];
        return IsSame(column) ? $"@{names[start]}::{Columns[column].Type.ValueCast}"
            : Columns[column].IsArray ? $"(@{names[start + 2]}::{Columns[column].Type.Cast})[u.{Alias(start)} : u.{Alias(start + 1)}]"
            : "u." + Alias(start) + (Columns[column].Type.ElementCast is { } cast ? "::" + cast : "");
    }

    private static string Alias(int parameter) => string.Create(CultureInfo.InvariantCulture, $"c{parameter}");
}
