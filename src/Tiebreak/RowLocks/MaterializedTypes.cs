using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Query;
using Microsoft.EntityFrameworkCore.Query.SqlExpressions;

namespace Tiebreak.RowLocks;

/// <summary>Every entity that the finished result holds or includes.</summary>
internal sealed class MaterializedTypes : ExpressionVisitor
{
    private readonly HashSet<IEntityType> _found = [];

    public static IReadOnlyList<IEntityType> In(Expression shaper)
    {
        var search = new MaterializedTypes();
        search.Visit(shaper);
        return [.. search._found];
    }

    protected override Expression VisitExtension(Expression node)
    {
        if (node is StructuralTypeShaperExpression { StructuralType: IEntityType entity })
        {
            _found.Add(entity);
        }
        else if (node is IncludeExpression { Navigation: var navigation })
        {
            _found.Add(navigation.TargetEntityType);
        }

        return node is TableExpressionBase or SqlExpression or StructuralTypeShaperExpression ? node : base.VisitExtension(node);
    }
}
