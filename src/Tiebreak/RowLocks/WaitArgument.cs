using System.Globalization;
using System.Linq.Expressions;
using System.Reflection;
using Microsoft.EntityFrameworkCore.Query;

namespace Tiebreak.RowLocks;

/// <summary>
/// The wait in a query's expression. The ways without a time are constants, a part of the query's shape. A time is
/// an argument that EF Core makes a parameter of, as it does of Take's: every time shares one compiled query.
/// </summary>
internal static class WaitArgument
{
    /// <summary>The query parameter that carries the time, as PostgreSQL reads it.</summary>
    public const string TimeParameter = "__tiebreak_wait";

    private static readonly MethodInfo Setting = typeof(WaitArgument).GetMethod(nameof(SettingOf), BindingFlags.Static | BindingFlags.NonPublic)!;
    private static readonly MethodInfo Timed = typeof(WaitArgument).GetMethod(nameof(UpTo), BindingFlags.Static | BindingFlags.NonPublic)!;

    public static MethodCallExpression Write<TEntity>(Expression source, MethodInfo lockOperator, RowLockWait wait) => wait.Mode == RowLockWaitMode.UpTo
        ? Expression.Call(
            Timed.MakeGenericMethod(typeof(TEntity)), source, Expression.Constant(LockOperators.StrengthOf(lockOperator.Name)), Expression.Constant(wait))
        : Expression.Call(lockOperator, source, Expression.Constant(wait));

    /// <summary>The lock of a call that was written with a time; null for any other call.</summary>
    public static RowLock? ReadTimed(MethodCallExpression call) =>
        call.Method.IsGenericMethod && call.Method.GetGenericMethodDefinition() == Timed && call.Arguments[1] is ConstantExpression { Value: RowLockStrength strength }
            ? new RowLock(strength, RowLockWaitMode.UpTo)
            : null;

    /// <summary>How the argument of an operator waits; what is not known before execution can only be a time.</summary>
    public static RowLockWaitMode ModeOf(Expression? argument) => argument switch
    {
        null => RowLockWaitMode.Default,
        ConstantExpression { Value: RowLockWait wait } => wait.Mode,
        _ => RowLockWaitMode.UpTo,
    };

    /// <summary>Has EF Core work the time out at each execution, from whatever parameters the argument is made of.</summary>
    public static void RegisterTime(QueryCompilationContext compilation, Expression argument)
    {
        var wait = new ParameterValues().Visit(argument);
        compilation.RegisterRuntimeParameter(
            TimeParameter, Expression.Lambda(Expression.Call(Setting, wait), QueryCompilationContext.QueryContextParameter));
    }

    private static string SettingOf(RowLockWait wait) => wait.Mode == RowLockWaitMode.UpTo
        ? wait.Milliseconds.ToString(CultureInfo.InvariantCulture)
        : throw Refusals.WaitIsPartOfTheQuery(wait);

    /// <summary>Stands in the expression for an operator with a time, and never runs.</summary>
    private static IQueryable<TEntity> UpTo<TEntity>(IQueryable<TEntity> source, [NotParameterized] RowLockStrength strength, RowLockWait wait) =>
        throw new NotSupportedException($"{strength} {wait} of {source} is for EF Core to translate.");

    private sealed class ParameterValues : ExpressionVisitor
    {
        protected override Expression VisitExtension(Expression node) => node is QueryParameterExpression parameter
            ? Expression.Convert(
                Expression.Property(
                    Expression.Property(QueryCompilationContext.QueryContextParameter, nameof(QueryContext.Parameters)),
                    "Item",
                    Expression.Constant(parameter.Name)),
                parameter.Type)
            : base.VisitExtension(node);
    }
}
