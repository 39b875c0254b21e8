using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace Tiebreak.Bulk;

/// <summary>An update of chosen columns, or a deletion, of the rows with the given keys.</summary>
internal sealed class UpdateStatement<TRow>
    where TRow : class
{
    /// <summary>What the path of a deletion is called among the cached statements; no property has such a name.</summary>
    public const string Deletion = "-";

    private UpdateStatement(BulkPlan<TRow> plan, IReadOnlyList<BulkColumn<TRow>>? set)
    {
        var tokens = plan.Columns.Where(column => column.Property is { IsConcurrencyToken: true } token && token.ValueGenerated.HasFlag(ValueGenerated.OnUpdate)).ToList();
        if (tokens.Find(column => column.Property!.IsShadowProperty()) is { } shadow)
        {
            throw BulkRefusals.ShadowToken(plan.Entity, shadow.Property!.Name);
        }

        Source = new Unnested<TRow>([.. plan.Key, .. tokens, .. set ?? []]);
        var matched = plan.Key.Count + tokens.Count;
        Returned = set is null ? [] :
        [
            .. plan.Columns.Where(column => column.Property is { } property && property.ValueGenerated.HasFlag(ValueGenerated.OnUpdate) && column.Sources[0].Steps.Count == 0 && !set.Contains(column))
                .Select(column => new GeneratedColumn<TRow>(column)).Where(column => column.CanAssign),
        ];
        var returning = "u.n" + string.Concat(Returned.Select(column => ", t." + plan.Sql.DelimitIdentifier(column.Column.Name)));
        Text = new StatementText(Source.Parameters, names =>
        {
            var where = string.Join(" AND ", Source.Columns.Take(matched).Select((column, place) => $"t.{plan.Sql.DelimitIdentifier(column.Name)} = {Source.Value(place, names)}"));
            var from = Source.From(names, withOrdinality: true);
            return set is null
                ? $"DELETE FROM {plan.Table} AS t USING {from} WHERE {where} RETURNING {returning}"
                : $"UPDATE {plan.Table} AS t SET {string.Join(", ", set.Select((column, place) => $"{plan.Sql.DelimitIdentifier(column.Name)} = {Source.Value(matched + place, names)}"))} FROM {from} WHERE {where} RETURNING {returning}";
        });
    }

    public StatementText Text { get; }

    public Unnested<TRow> Source { get; }

    /// <summary>Columns that the database makes anew at each update, behind the row's number.</summary>
    public IReadOnlyList<GeneratedColumn<TRow>> Returned { get; }

    public static UpdateStatement<TRow> Delete(BulkPlan<TRow> plan) =>
        plan.SharedWith is { } other
            ? throw BulkRefusals.SharedTable(plan.Entity, other)
            : plan.Updates.GetOrAdd(Deletion, static (_, plan) => new UpdateStatement<TRow>(plan, null), plan);

    /// <summary>Of the named properties, or of all that may change and that the instances hold.</summary>
    public static UpdateStatement<TRow> Of(BulkPlan<TRow> plan, IReadOnlyList<string>? paths) =>
        plan.Updates.GetOrAdd(paths is null ? "" : string.Join(',', paths), static (_, given) => new UpdateStatement<TRow>(given.plan, Columns(given.plan, given.paths)), (plan, paths));

    private static List<BulkColumn<TRow>> Columns(BulkPlan<TRow> plan, IReadOnlyList<string>? paths)
    {
        if (paths is null)
        {
            var all = plan.Columns.Where(column => IsWritable(column) && column.Property?.IsShadowProperty() != true).ToList();
            return all.Count > 0 ? all : throw BulkRefusals.NothingToUpdate(plan.Entity);
        }

        var chosen = new List<BulkColumn<TRow>>();
        foreach (var path in paths)
        {
            var found = plan.Columns.Where(column => column.Sources.Any(source => source.Path == path || source.Path.StartsWith(path + ".", StringComparison.Ordinal))).ToList();
            if (found.Count == 0)
            {
                throw BulkRefusals.Unknown(plan.Entity, path, "properties");
            }

            if (!found.TrueForAll(IsWritable))
            {
                throw BulkRefusals.NotWritable(plan.Entity, path, "properties");
            }

            chosen.AddRange(found.Except(chosen));
        }

        return chosen;
    }

    private static bool IsWritable(BulkColumn<TRow> column) =>
        !column.Sources[0].IsDiscriminator
        && (column.Property is not { } property || (!property.IsPrimaryKey() && property.GetAfterSaveBehavior() == PropertySaveBehavior.Save));
}
