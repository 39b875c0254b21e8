using System.Linq.Expressions;
using System.Numerics;
using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Tiebreak.Transactions;

namespace Tiebreak.Updates;

/// <summary>Increments that the database applies to the value it has, each exactly once.</summary>
public static class IncrementExtensions
{
    /// <summary>
    /// Records that so much is to be added to a property of a tracked entity. The entity keeps its value until
    /// <see cref="SaveChangesWithIncrementsAsync"/> applies it as <c>column = column + amount</c>. Further increments of
    /// the same property add up. A plain SaveChanges is refused while one is recorded.
    /// </summary>
    /// <remarks>Increments belong to the context: what is disposed of, or goes back to a pool, takes them along.</remarks>
    /// <typeparam name="TEntity">The entity.</typeparam>
    /// <typeparam name="TNumber">The property's type: short, int, long or decimal.</typeparam>
    /// <param name="context">The context that tracks the entity.</param>
    /// <param name="entity">The entity, unchanged or modified.</param>
    /// <param name="property">The property, as <c>a => a.Balance</c>; not nullable, without a value converter.</param>
    /// <param name="amount">What is added; less than zero to take. No limit is kept: see <c>TryTakeAsync</c>.</param>
    /// <exception cref="ArgumentException">The entity is not tracked, was added or deleted, or the property cannot be incremented.</exception>
    /// <exception cref="OverflowException">The increments of one property add up to more than its type holds.</exception>
    public static void Increment<TEntity, TNumber>(this DbContext context, TEntity entity, Expression<Func<TEntity, TNumber>> property, TNumber amount)
        where TEntity : class
        where TNumber : struct, INumber<TNumber>
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(entity);
        ArgumentNullException.ThrowIfNull(property);
        var pending = Pending(context);
        _ = new CounterChange<TEntity, TNumber>(property);
        var entry = context.Entry(entity);
        if (entry.State is not (EntityState.Unchanged or EntityState.Modified))
        {
            throw new ArgumentException($"The '{entry.Metadata.DisplayName()}' is {entry.State}. Only a row that is there and tracked can be incremented: load or attach it, or set the value of a new one.", nameof(entity));
        }

        var mapped = property.Body is MemberExpression { Member: PropertyInfo member } access && access.Expression == property.Parameters[0]
            ? entry.Metadata.FindProperty(member.Name)
            : null;
        if (mapped is null || mapped.IsKey() || mapped.IsConcurrencyToken || mapped.GetTypeMapping().Converter is not null)
        {
            throw new ArgumentException($"'{property.Body}' is not a mapped property of '{entry.Metadata.DisplayName()}' that can be incremented (no key, no concurrency token, no value converter).", nameof(property));
        }

        if (entry.Metadata.GetProperties().FirstOrDefault(other => other.IsShadowProperty() && other.ValueGenerated.HasFlag(ValueGenerated.OnUpdate)) is { } shadow)
        {
            throw new ArgumentException($"'{shadow.Name}' of '{entry.Metadata.DisplayName()}' is made by the database at each change and is a shadow property, whose new value could not be read back. Map it to a property of the class.", nameof(entity));
        }

        pending.Add(new PendingIncrement<TEntity, TNumber>(entity, mapped, amount));
    }

    /// <summary>
    /// Saves the context's changes and applies its increments in one transaction. After it the entities have the new
    /// values from the database and no increment is left, so a second call applies nothing.
    /// </summary>
    /// <remarks>
    /// <para>
    /// Without a transaction it begins one and commits it, and runs again where EnableRetryOnFailure asks for it: nothing
    /// is taken as saved before the commit, so nothing is applied twice. If it fails, changes and increments are both
    /// still pending, once.
    /// </para>
    /// <para>
    /// Inside your transaction it puts a savepoint before its work and goes back to it on failure. What it saved counts
    /// as saved: if you roll the transaction back afterwards, the context does not know, for increments as for all other
    /// changes. Throw the context away then. A TransactionScope is joined, without the savepoint.
    /// </para>
    /// <para>One round trip for each incremented property, beside those of SaveChanges.</para>
    /// </remarks>
    /// <param name="context">The context.</param>
    /// <param name="cancellationToken">Ends the work and rolls back; once COMMIT is sent it is no longer looked at.</param>
    /// <returns>The rows written, those of increments included.</returns>
    /// <exception cref="DbUpdateConcurrencyException">An incremented row is gone, or another change met a newer row. Nothing was saved.</exception>
    /// <exception cref="InvalidOperationException">An incremented property was assigned as well, or its entity was deleted. Nothing was saved.</exception>
    /// <exception cref="Transactions.CommitOutcomeUnknownException">The connection was lost during COMMIT.</exception>
    public static Task<int> SaveChangesWithIncrementsAsync(this DbContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        var pending = Pending(context);
        return pending.All.Count == 0 ? context.SaveChangesAsync(cancellationToken) : new IncrementSave(context, pending).RunAsync(cancellationToken);
    }

    private static PendingIncrements Pending(DbContext context) =>
        ITiebreakOptions.AreOn(context)
            ? context.GetService<PendingIncrements>()
            : throw new UpdateNotPossibleException("This needs UseTiebreak() on the options of the context: options.UseNpgsql(...).UseTiebreak().");
}
