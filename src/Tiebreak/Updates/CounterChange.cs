using System.Linq.Expressions;
using System.Numerics;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Query;

namespace Tiebreak.Updates;

/// <summary>
/// One change of one counter. What is compared is widened to decimal, PostgreSQL's numeric, so that the sum of two
/// columns cannot overflow on the way to a refusal.
/// </summary>
internal sealed class CounterChange<TEntity, TNumber>
    where TEntity : class
    where TNumber : struct, INumber<TNumber>
{
    private static readonly HashSet<Type> Allowed = [typeof(short), typeof(int), typeof(long), typeof(decimal)];

    private readonly ParameterExpression _row;
    private readonly Expression _column;
    private readonly Expression _value;

    public CounterChange(Expression<Func<TEntity, TNumber>> counter)
    {
        if (!Allowed.Contains(typeof(TNumber)))
        {
            throw new ArgumentException($"A counter is a short, an int, a long or a decimal, not a {typeof(TNumber).Name}.", nameof(counter));
        }

        _row = counter.Parameters[0];
        _value = counter.Body;
        _column = counter.Body is MemberExpression { Member.Name: nameof(Nullable<int>.Value), Expression: { } nullable } && nullable.Type == typeof(TNumber?)
            ? nullable
            : counter.Body;
    }

    public Expression Wide => Decimal(_value);

    public static Expression Parameter<TValue>(TValue value)
    {
        Expression<Func<TValue>> captured = () => value;
        return captured.Body;
    }

    public static Expression Decimal(Expression number) => number.Type == typeof(decimal) ? number : Expression.Convert(number, typeof(decimal));

    public Expression Of(Expression<Func<TEntity, TNumber>> other) => ReplacingExpressionVisitor.Replace(other.Parameters[0], _row, other.Body);

    /// <param name="source">Names the row.</param>
    /// <param name="condition">Under which the counter is changed.</param>
    /// <param name="amount">What is added; less than zero to take.</param>
    /// <param name="cancellationToken">Ends the statement.</param>
    public async Task<CounterResult<TNumber>> RunAsync(
        IQueryable<TEntity> source, Expression condition, TNumber amount, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        var change = Expression.Add(_value, Parameter(amount));
        var values = await ReturningOperators.Outcome(
            source,
            source.Where(Expression.Lambda<Func<TEntity, bool>>(condition, _row)),
            set => Set(set, change),
            Expression.Lambda<Func<TEntity, TNumber?>>(Typed(_column, typeof(TNumber?)), _row))
            .ToListAsync(cancellationToken).ConfigureAwait(false);

        return values switch
        {
            [] => new(CounterOutcome.NoSuchRow, null),
            [_] => new(CounterOutcome.NotEnough, null),
            [var value, _] => new(CounterOutcome.Changed, value),
            _ => throw new InvalidOperationException("A unique index of the model does not exist in the database: several rows were found."),
        };
    }

    private UpdateSettersBuilder<TEntity> Set(UpdateSettersBuilder<TEntity> set, Expression value) => _column.Type == typeof(TNumber)
        ? set.SetProperty(Expression.Lambda<Func<TEntity, TNumber>>(_column, _row), Expression.Lambda<Func<TEntity, TNumber>>(value, _row))
        : set.SetProperty(Expression.Lambda<Func<TEntity, TNumber?>>(_column, _row), Expression.Lambda<Func<TEntity, TNumber?>>(Typed(value, typeof(TNumber?)), _row));

    private static Expression Typed(Expression expression, Type type) => expression.Type == type ? expression : Expression.Convert(expression, type);
}
