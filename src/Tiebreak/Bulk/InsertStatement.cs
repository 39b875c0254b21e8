namespace Tiebreak.Bulk;

/// <summary>One form of an insert: which columns it leaves to the database, which have one value in all rows, and what it does on a conflict.</summary>
internal sealed class InsertStatement<TRow>
    where TRow : class
{
    private readonly Unnested<TRow> _source;

    public InsertStatement(BulkPlan<TRow> plan, ulong leftOut, ulong same, string? conflict)
    {
        var made = plan.Inserts.Optional.Where((_, bit) => (leftOut & (1UL << bit)) != 0).ToList();
        _source = new Unnested<TRow>([.. plan.Inserts.Written.Where(column => !made.Exists(left => left.Column == column))], same);
        Returned = [.. made.Concat(plan.Inserts.Returned).Where(column => column.CanAssign)];
        if (conflict is not null || Returned.Count > 0)
        {
            foreach (var column in plan.Key)
            {
                if (!RowKey.IsStoredAsGiven(column.Property!))
                {
                    throw BulkRefusals.KeyNotComparable(plan.Entity, column.Property!.Name);
                }
            }

            KeyPlaces = [.. plan.Key.Select(column => _source.Columns.ToList().IndexOf(column))];
        }

        var names = string.Join(", ", _source.Columns.Select(column => plan.Sql.DelimitIdentifier(column.Name)));
        var returning = KeyPlaces is null ? "" : " RETURNING " + string.Join(", ", plan.Key.Concat(Returned.Select(column => column.Column)).Select(column => plan.Sql.DelimitIdentifier(column.Name)));
        Text = new StatementText(_source.Parameters, parameters =>
            $"INSERT INTO {plan.Table} ({names}) SELECT {string.Join(", ", _source.Columns.Select((_, place) => _source.Value(place, parameters)))}{(_source.IsOneRow ? "" : " FROM " + _source.From(parameters, withOrdinality: false))}{conflict}{returning}");
    }

    public StatementText Text { get; }

    public IReadOnlyList<BulkColumn<TRow>> Columns => _source.Columns;

    public Unnested<TRow> Source => _source;

    /// <summary>Columns that come back, after those of the key.</summary>
    public IReadOnlyList<GeneratedColumn<TRow>> Returned { get; }

    /// <summary>Where the key's columns stand among those that are sent; null where nothing comes back.</summary>
    public int[]? KeyPlaces { get; }
}
