using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore.Query;
using Microsoft.EntityFrameworkCore.Query.SqlExpressions;
using Microsoft.EntityFrameworkCore.Storage;

namespace Tiebreak.RowLocks;

/// <summary>The last stage: lets the provider write the SQL and appends the clause for the tables that were marked.</summary>
internal sealed class LockingSqlGenerator(QuerySqlGeneratorDependencies dependencies, QuerySqlGenerator inner)
    : QuerySqlGenerator(dependencies)
{
    public override IRelationalCommand GetCommand(Expression queryExpression)
    {
        var command = inner.GetCommand(queryExpression);
        if (queryExpression is not SelectExpression select)
        {
            return command;
        }

        var tables = LockTarget.MarkedIn(select);
        if (tables.Count == 0)
        {
            return command;
        }

        var query = LockTarget.QueryOf(tables[0]);
        return new LockedCommand(command, ClauseFor(select, tables), query with { Key = NamedKey.In(select, tables, query.Entity) });
    }

    private string ClauseFor(SelectExpression select, IReadOnlyList<TableExpressionBase> tables)
    {
        var (clause, wait) = (LockTarget.QueryOf(tables[0]).Lock.Clause, LockTarget.QueryOf(tables[0]).Lock.WaitClause);

        // A bare FromSql is sent as it was written and has no alias to name. It is the only FROM item then, and
        // FromSqlShape has seen to it that it reads one table.
        return select is { Tables: [FromSqlExpression] }
            ? clause + wait
            : $"{clause} OF {string.Join(", ", tables.Select(table => Dependencies.SqlGenerationHelper.DelimitIdentifier(table.Alias!)))}{wait}";
    }
}

internal sealed class LockingSqlGeneratorFactory(QuerySqlGeneratorDependencies dependencies, IQuerySqlGeneratorFactory inner)
    : IQuerySqlGeneratorFactory
{
    public QuerySqlGenerator Create() => new LockingSqlGenerator(dependencies, inner.Create());
}
