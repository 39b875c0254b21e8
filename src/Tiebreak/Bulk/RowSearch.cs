using System.Data.Common;
using System.Linq.Expressions;

namespace Tiebreak.Bulk;

/// <summary>How rows are found by some of their columns. Made once a model for each choice of columns.</summary>
internal sealed class RowSearch<TRow, TKey>
    where TRow : class
{
    private readonly Func<TKey[], ColumnValues>[] _values;

    private RowSearch(BulkPlan<TRow> plan, Expression<Func<TRow, TKey>> by)
    {
        var paths = PropertyPaths.Of(by, nameof(by))!;
        IReadOnlyList<BulkColumn<TRow>> columns = [.. paths.Select(path => plan.Columns.FirstOrDefault(column => column.Sources[0].Path == path) ?? throw BulkRefusals.Unknown(plan.Entity, path, nameof(by)))];
        if (columns.Any(column => column.IsArray))
        {
            throw BulkRefusals.NotSearchable(plan.Entity, nameof(by));
        }

        Row = RowMaker.Of(plan);
        var key = Expression.Parameter(typeof(TKey), "key");
        var members = (by.Body as NewExpression)?.Members;
        _values = [.. columns.Select((column, i) => column.KeyValues<TKey>(key, members is null ? key : Expression.MakeMemberAccess(key, members[i])))];
        Statement = new FindStatement<TRow>(plan, columns);
    }

    public FindStatement<TRow> Statement { get; }

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
}
