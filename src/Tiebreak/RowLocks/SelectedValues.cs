using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore.Query.SqlExpressions;

namespace Tiebreak.RowLocks;

/// <summary>
/// Sees to it that every selected value comes from the locked rows. After the wait for a lock PostgreSQL reads the
/// locked row again and no other: a joined row or a subquery in the same statement still shows the state from before
/// the wait (https://www.postgresql.org/docs/current/transaction-iso.html#XACT-READ-COMMITTED).
/// </summary>
internal sealed class SelectedValues : ExpressionVisitor
{
    private readonly IReadOnlyList<string> _locked;
    private readonly LockedQuery _query;

    private SelectedValues(IReadOnlyList<string> locked, LockedQuery query)
    {
        _locked = locked;
        _query = query;
    }

    public static void Check(SelectExpression select, IReadOnlyList<string> locked, LockedQuery query)
    {
        var check = new SelectedValues(locked, query);
        foreach (var projection in select.Projection)
        {
            check.Visit(projection.Expression);
        }
    }

    protected override Expression VisitExtension(Expression node) => node switch
    {
        ColumnExpression column when !_locked.Contains(column.TableAlias) => throw Refusals.ValueFromElsewhere(_query, column.Name),
        SelectExpression => throw Refusals.SubqueryInSelect(_query),
        _ => base.VisitExtension(node),
    };
}
