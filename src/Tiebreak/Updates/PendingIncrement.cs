using System.Linq.Expressions;
using System.Numerics;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;
using Tiebreak.Transactions;

namespace Tiebreak.Updates;

/// <summary>One recorded increment.</summary>
internal abstract class PendingIncrement(object entity, IProperty property)
{
    public object Entity => entity;

    public IProperty Property => property;

    public abstract bool TryMerge(PendingIncrement other);

    /// <returns>The row as it is after it, untracked.</returns>
    public abstract Task<object> ApplyAsync(DbContext context, CancellationToken cancellationToken);

    /// <summary>Takes the new value over, and what else the database made anew with it (a row version).</summary>
    public void TakeOver(DbContext context, object row)
    {
        var entry = context.Entry(entity);
        foreach (var changed in entry.Metadata.GetProperties().Where(other => other == property || other.ValueGenerated.HasFlag(ValueGenerated.OnUpdate)))
        {
            var member = entry.Property(changed);
            RecordedValues.Accept(member, changed.GetGetter().GetClrValue(row));
            member.IsModified = false;
        }
    }
}

/// <inheritdoc cref="PendingIncrement"/>
internal sealed class PendingIncrement<TEntity, TNumber>(TEntity entity, IProperty property, TNumber amount) : PendingIncrement(entity, property)
    where TEntity : class
    where TNumber : struct, INumber<TNumber>
{
    private TNumber _amount = amount;

    public override bool TryMerge(PendingIncrement other)
    {
        if (other is not PendingIncrement<TEntity, TNumber> same || !ReferenceEquals(same.Entity, Entity) || same.Property != Property)
        {
            return false;
        }

        _amount = checked(_amount + same._amount);
        return true;
    }

    public override async Task<object> ApplyAsync(DbContext context, CancellationToken cancellationToken)
    {
        var row = Expression.Parameter(typeof(TEntity), "row");
        var value = Expression.Property(row, Property.PropertyInfo!);
        var sum = Expression.Add(value, CounterChange<TEntity, TNumber>.Parameter(_amount));
        var found = context.Set<TEntity>().IgnoreQueryFilters().IgnoreAutoIncludes().AsNoTracking()
            .Where(Expression.Lambda<Func<TEntity, bool>>(ByKey(context.Entry(Entity), row), row));
        return await found.TryUpdateReturningAsync(
                set => set.SetProperty(Expression.Lambda<Func<TEntity, TNumber>>(value, row), Expression.Lambda<Func<TEntity, TNumber>>(sum, row)), cancellationToken).ConfigureAwait(false)
            ?? throw new DbUpdateConcurrencyException($"The row of '{Property.DeclaringType.DisplayName()}' whose '{Property.Name}' was to be incremented is gone. Nothing was saved.");
    }

    private static Expression ByKey(EntityEntry entry, ParameterExpression row) => entry.Metadata.FindPrimaryKey()!.Properties
        .Select(Expression (key) => Expression.Equal(
            Expression.Call(typeof(EF), nameof(EF.Property), [key.ClrType], row, Expression.Constant(key.Name)),
            Expression.Convert(CounterChange<TEntity, TNumber>.Parameter(entry.Property(key).CurrentValue), key.ClrType)))
        .Aggregate(Expression.AndAlso);
}
