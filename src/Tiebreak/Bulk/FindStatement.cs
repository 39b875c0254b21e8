using System.Numerics;

namespace Tiebreak.Bulk;

/// <summary>One form of a search: which of its columns have one value in all keys.</summary>
internal sealed class FindStatement<TRow>
    where TRow : class
{
    public FindStatement(BulkPlan<TRow> plan, IReadOnlyList<BulkColumn<TRow>> key, ulong same)
    {
        Source = new Unnested<TRow>(key, same);
        var columns = string.Join(", ", plan.Columns.Select(column => "t." + plan.Sql.DelimitIdentifier(column.Name)));
        var isOneList = key.Count - BitOperations.PopCount(same) == 1 && key.All(column => column.Type.ElementCast is null);
        Text = new StatementText(Source.Parameters, names =>
        {
            // One list is looked up in the index from its least to its greatest value; several are joined row by row.
            var conditions = string.Join(" AND ", key.Select((column, place) =>
                $"t.{plan.Sql.DelimitIdentifier(column.Name)} = {(isOneList && !Source.IsSame(place) ? $"ANY (@{names[place]}::{column.Type.Cast})" : Source.Value(place, names))}"));
            return isOneList
                ? $"SELECT {columns} FROM {plan.Table} AS t WHERE {conditions}"
                : $"SELECT {columns} FROM {Source.From(names, withOrdinality: false)} JOIN {plan.Table} AS t ON {conditions}";
        });
    }

    public StatementText Text { get; }

    public Unnested<TRow> Source { get; }
}
