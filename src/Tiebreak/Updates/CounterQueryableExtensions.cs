using System.Linq.Expressions;
using System.Numerics;

namespace Tiebreak.Updates;

/// <summary>Changes a counter up to a limit, in one statement and without a race.</summary>
/// <remarks>
/// The query names one row by its primary key or by a unique index, each property compared to a value with <c>==</c>
/// (further conditions may stand beside them); otherwise it is refused before anything is sent. A counter is a short,
/// an int, a long or a decimal; a nullable one is written as <c>i => i.UsesLeft!.Value</c>, and null is never enough.
/// The context is not touched: an entity that it tracks keeps its values. Transactions, retries and isolation are as for
/// <see cref="ReturningQueryableExtensions"/>.
/// </remarks>
public static class CounterQueryableExtensions
{
    /// <summary>Takes so much from a counter if that much is there above the floor.</summary>
    /// <example><code>
    /// var use = await db.Invites.Where(i => i.Code == code).TryTakeAsync(i => i.UsesLeft, 1, cancellationToken: ct);
    /// </code></example>
    /// <typeparam name="TEntity">The entity.</typeparam>
    /// <typeparam name="TNumber">The counter's type.</typeparam>
    /// <param name="source">Names the row.</param>
    /// <param name="counter">The counter.</param>
    /// <param name="amount">How much; more than zero.</param>
    /// <param name="downTo">What must be left at least; zero when left out.</param>
    /// <param name="cancellationToken">Ends the statement; outside a transaction it may have taken effect.</param>
    /// <returns>Whether it was taken, or why not, and the value after it.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="amount"/> is not more than zero, or with the floor is more than the type holds.</exception>
    /// <exception cref="UpdateNotPossibleException">The query may match several rows, or its shape is not one of a single table.</exception>
    public static Task<CounterResult<TNumber>> TryTakeAsync<TEntity, TNumber>(
        this IQueryable<TEntity> source,
        Expression<Func<TEntity, TNumber>> counter,
        TNumber amount,
        TNumber downTo = default,
        CancellationToken cancellationToken = default)
        where TEntity : class
        where TNumber : struct, INumber<TNumber>
    {
        ArgumentNullException.ThrowIfNull(counter);
        RequirePositive(amount);
        var change = new CounterChange<TEntity, TNumber>(counter);
        var needed = CounterChange<TEntity, TNumber>.Parameter(Needed(amount, downTo));
        return change.RunAsync(source, Expression.GreaterThanOrEqual(counter.Body, needed), -amount, cancellationToken);
    }

    /// <summary>Adds so much to a counter if it stays at or below its limit, another column of the same row.</summary>
    /// <inheritdoc cref="TryTakeAsync" path="/typeparam"/>
    /// <param name="source">Names the row.</param>
    /// <param name="counter">The counter.</param>
    /// <param name="amount">How much; more than zero.</param>
    /// <param name="upTo">The limit: a column, or a value. A null limit refuses.</param>
    /// <param name="cancellationToken">Ends the statement; outside a transaction it may have taken effect.</param>
    /// <returns>Whether it was added, or why not, and the value after it.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="amount"/> is not more than zero.</exception>
    /// <exception cref="UpdateNotPossibleException">The query may match several rows, or its shape is not one of a single table.</exception>
    public static Task<CounterResult<TNumber>> TryAddAsync<TEntity, TNumber>(
        this IQueryable<TEntity> source,
        Expression<Func<TEntity, TNumber>> counter,
        TNumber amount,
        Expression<Func<TEntity, TNumber>> upTo,
        CancellationToken cancellationToken = default)
        where TEntity : class
        where TNumber : struct, INumber<TNumber>
    {
        ArgumentNullException.ThrowIfNull(counter);
        ArgumentNullException.ThrowIfNull(upTo);
        RequirePositive(amount);
        var change = new CounterChange<TEntity, TNumber>(counter);
        var added = Expression.Add(change.Wide, CounterChange<TEntity, TNumber>.Parameter(decimal.CreateChecked(amount)));
        var limit = CounterChange<TEntity, TNumber>.Decimal(change.Of(upTo));
        return change.RunAsync(source, Expression.LessThanOrEqual(added, limit), amount, cancellationToken);
    }

    private static TNumber Needed<TNumber>(TNumber amount, TNumber floor)
        where TNumber : struct, INumber<TNumber>
    {
        try
        {
            return checked(amount + floor);
        }
        catch (OverflowException)
        {
            throw new ArgumentOutOfRangeException(nameof(floor), floor, $"No counter can hold {amount} above {floor}.");
        }
    }

    private static void RequirePositive<TNumber>(TNumber amount)
        where TNumber : struct, INumber<TNumber>
    {
        if (amount <= TNumber.Zero)
        {
            throw new ArgumentOutOfRangeException(nameof(amount), amount, "The amount is more than zero. To give back, add; to take, TryTakeAsync.");
        }
    }
}
