using System.Data.Common;
using System.Linq.Expressions;
using System.Numerics;
using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Bulk;

/// <summary>How rows are found by some of their columns. Made once a model for each choice of columns.</summary>
internal sealed class RowSearch<TRow, TKey>
    where TRow : class
{
    private readonly BulkPlan<TRow> _plan;
    private readonly IReadOnlyList<BulkColumn<TRow>> _columns;
    private readonly Func<TKey[], ColumnValues>[] _values;
    private readonly FindStatement<TRow>?[] _statements;

    private RowSearch(BulkPlan<TRow> plan, Expression<Func<TRow, TKey>> by)
    {
        _plan = plan;
        var paths = PropertyPaths.Of(by, nameof(by))!;
        _columns = [.. paths.Select(path => plan.Columns.FirstOrDefault(column => column.Sources[0].Path == path) ?? throw BulkRefusals.Unknown(plan.Entity, path, nameof(by)))];
        if (_columns.Count > 8 || _columns.Any(column => column.IsArray))
        {
            throw BulkRefusals.NotSearchable(plan.Entity, nameof(by));
        }

        Row = RowMaker.Of(plan);
        var key = Expression.Parameter(typeof(TKey), "key");
        var members = (by.Body as NewExpression)?.Members;
        _values = [.. _columns.Select((column, i) => column.KeyValues<TKey>(key, members is null ? key : Expression.MakeMemberAccess(key, members[i])))];
        _statements = new FindStatement<TRow>?[1 << _columns.Count];
    }

    /// <summary>Makes a row of what the reader stands on.</summary>
    public Func<DbDataReader, TRow> Row { get; }

    public static RowSearch<TRow, TKey> For(BulkPlan<TRow> plan, Expression<Func<TRow, TKey>> by) =>
        (RowSearch<TRow, TKey>)plan.Searches.GetOrAdd(
            (typeof(TKey), string.Join(',', PropertyPaths.Of(by, nameof(by))!)), static (_, given) => new RowSearch<TRow, TKey>(given.plan, given.by), (plan, by));

    public ColumnValues[] Values(TKey[] keys)
    {
        var values = new ColumnValues[_values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = _values[i](keys);
        }

        return values;
    }

    /// <summary>The statement for such values: a column with one value in all keys needs no list of it.</summary>
    public FindStatement<TRow> Statement(ColumnValues[] values)
    {
        var same = 0;
        for (var i = 0; i < values.Length; i++)
        {
            same |= values[i].IsSame ? 1 << i : 0;
        }

        // One key alone: the last column is asked for as a list of one, so that it is the same statement as for several.
        same &= BitOperations.PopCount((uint)same) == values.Length ? ~(1 << (values.Length - 1)) : ~0;
        return _statements[same] ??= new FindStatement<TRow>(_plan, _columns, (ulong)same);
    }
}
