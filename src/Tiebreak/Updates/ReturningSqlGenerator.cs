using System.Data.Common;
using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Query;
using Microsoft.EntityFrameworkCore.Query.SqlExpressions;
using Microsoft.EntityFrameworkCore.Storage;

namespace Tiebreak.Updates;

/// <summary>The last stage: has the provider write the change, and appends what it returns.</summary>
internal sealed class ReturningSqlGenerator(QuerySqlGeneratorDependencies dependencies, QuerySqlGenerator inner)
    : QuerySqlGenerator(dependencies)
{
    public override IRelationalCommand GetCommand(Expression queryExpression)
    {
        if (queryExpression is SelectExpression { Tables: [FromSqlExpression raw] } upsert && UpsertSql.Split(raw.Sql) is var (with, rows))
        {
            return Upsert(upsert, raw, with, rows);
        }

        if (ChangeQuery.On(queryExpression) is not { } change)
        {
            return inner.GetCommand(queryExpression);
        }

        var select = (SelectExpression)queryExpression;
        var statement = inner.GetCommand(change.Change);
        var returning = $"{Environment.NewLine}RETURNING {string.Join(", ", select.Projection.Select(item => Returned(change, item)))}";
        var guard = new ChangeGuard(change);
        if (change.Kind != ChangeKind.Outcome)
        {
            return Command(
                statement.CommandText + returning, statement.LogCommandText + returning, [guard, .. statement.Parameters]);
        }

        // Both parts see one snapshot, so a row that is found and not changed is one whose condition did not hold. The
        // number of rows says which: EF Core reads a column that is never null in the model without asking whether it is.
        var found = inner.GetCommand(select);
        return Command(
            Outcome(statement.CommandText + returning, found.CommandText),
            Outcome(statement.LogCommandText + returning, found.LogCommandText),
            [guard, .. statement.Parameters.Concat(found.Parameters).DistinctBy(parameter => parameter.InvariantName)]);
    }

    /// <summary>EF Core puts raw SQL that is selected from into FROM, where PostgreSQL lets no statement change anything: its CTEs go to the front.</summary>
    private IRelationalCommand Upsert(SelectExpression select, FromSqlExpression raw, string with, string rows)
    {
        var command = inner.GetCommand(select.Update(
            [new FromSqlExpression(raw.Alias!, rows, raw.Arguments)], select.Predicate, select.GroupBy, select.Having, select.Projection, select.Orderings, select.Offset, select.Limit));
        return Command($"{with}\n{command.CommandText}", $"{with}\n{command.LogCommandText}", command.Parameters);
    }

    private static string Outcome(string change, string found) =>
        $"""
         WITH "tiebreak_changed" ("value") AS (
         {change}
         )
         SELECT "value" FROM "tiebreak_changed" UNION ALL SELECT "value" FROM "tiebreak_changed" UNION ALL SELECT "value" FROM (
         {found}
         ) AS "tiebreak_found" ("value") WHERE NOT EXISTS (SELECT 1 FROM "tiebreak_changed")
         """;

    private string Returned(ChangeQuery change, ProjectionExpression item)
    {
        var helper = Dependencies.SqlGenerationHelper;
        return $"{helper.DelimitIdentifier(change.Alias)}.{helper.DelimitIdentifier(ChangeShape.Column(item.Expression)!.Name)}";
    }

    private IRelationalCommand Command(string text, string logText, IReadOnlyList<IRelationalParameter> parameters)
    {
        var command = Dependencies.RelationalCommandBuilderFactory.Create().Build();
        command.PopulateFrom(new Template(text, logText, parameters));
        return command;
    }

    private sealed record Template(string CommandText, string LogCommandText, IReadOnlyList<IRelationalParameter> Parameters) : IRelationalCommandTemplate
    {
        public DbCommand CreateDbCommand(RelationalCommandParameterObject parameterObject, Guid commandId, DbCommandMethod commandMethod) =>
            throw new NotSupportedException("This template carries text only.");
    }
}

internal sealed class ReturningSqlGeneratorFactory(QuerySqlGeneratorDependencies dependencies, IQuerySqlGeneratorFactory inner)
    : IQuerySqlGeneratorFactory
{
    public QuerySqlGenerator Create() => new ReturningSqlGenerator(dependencies, inner.Create());
}
