namespace Tiebreak.Bulk;

/// <summary>Reads rows by the values of some of their columns.</summary>
internal sealed class FindStatement<TRow>
    where TRow : class
{
    public FindStatement(BulkPlan<TRow> plan, IReadOnlyList<BulkColumn<TRow>> key)
    {
        Source = new Unnested<TRow>(key);
        var columns = string.Join(", ", plan.Columns.Select(column => "t." + plan.Sql.DelimitIdentifier(column.Name)));
        Text = new StatementText(Source.Parameters, names =>
        {
            if (key is [{ Type.ElementCast: null } only])
            {
                return $"SELECT {columns} FROM {plan.Table} AS t WHERE t.{plan.Sql.DelimitIdentifier(only.Name)} = ANY (@{names[0]}::{only.Type.Cast})";
            }

            // Also where all keys have one value in a column: given that value by itself PostgreSQL may go by an index of
            // that column alone, and read all that hangs on it.
            var conditions = string.Join(" AND ", key.Select((column, place) => $"t.{plan.Sql.DelimitIdentifier(column.Name)} = {Source.Value(place, names)}"));
            return $"SELECT {columns} FROM {Source.From(names, withOrdinality: false)} JOIN {plan.Table} AS t ON {conditions}";
        });
    }

    public StatementText Text { get; }

    public Unnested<TRow> Source { get; }
}
