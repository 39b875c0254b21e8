using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Bulk;

/// <summary>Reads <c>x => new { x.Name, x.Address.City }</c>.</summary>
internal static class PropertyPaths
{
    public static IReadOnlyList<string>? Of(LambdaExpression? selector, string parameter)
    {
        if (selector is null)
        {
            return null;
        }

        var body = Bare(selector.Body);
        var parts = body is NewExpression { Arguments.Count: > 0 } many ? many.Arguments : (IReadOnlyList<Expression>)[body];
        return [.. parts.Select(part => Path(Bare(part), selector.Parameters[0]) ?? throw BulkRefusals.Selector(parameter))];
    }

    private static string? Path(Expression expression, ParameterExpression row)
    {
        var (holder, name) = expression switch
        {
            MemberExpression { Expression: { } from } member => (from, member.Member.Name),
            MethodCallExpression { Method: { Name: nameof(EF.Property), DeclaringType: var type }, Arguments: [var from, ConstantExpression { Value: string text }] } when type == typeof(EF) => (from, text),
            _ => (null, ""),
        };
        return holder is null ? null
            : Bare(holder) == row ? name
            : Path(Bare(holder), row) is { } path ? path + "." + name
            : null;
    }

    private static Expression Bare(Expression expression) =>
        expression is UnaryExpression { NodeType: ExpressionType.Convert or ExpressionType.TypeAs } cast ? Bare(cast.Operand) : expression;
}
