using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;

namespace Tiebreak.Updates;

/// <summary>Creates a row where there is none yet, and says which it was: one statement, and of many at once one creates.</summary>
/// <remarks>
/// <para>
/// The row is found by the properties of a key or of a unique index of the model without a filter; others are refused.
/// The instance that is passed gives the values of a new row (converters, defaults, generated keys and complex
/// properties as in SaveChanges, but no interceptor and no related entities); it stays untracked, and what comes back
/// is an entity of its own. Query filters do not apply: a row that a filter hides holds the unique value all the same.
/// </para>
/// <para>
/// Outside a transaction the statement runs in one of its own at READ COMMITTED, committed once the row is read: what
/// fails on the way back has created and changed nothing. Inside a transaction at REPEATABLE READ or SERIALIZABLE a
/// collision is PostgreSQL's error (40001), so that <c>AtomicAsync</c> tries the block again. A violation of another unique index is a <c>PostgresException</c> (23505).
/// </para>
/// </remarks>
public static class GetOrCreateExtensions
{
    /// <summary>
    /// Returns the row with these values of <paramref name="on"/>, created from <paramref name="instance"/> if it was
    /// not there. Where it is there already nothing is written, and it is not locked.
    /// </summary>
    /// <remarks>A row that others delete at the same moment may still be returned as found.</remarks>
    /// <example><code>
    /// var (user, created) = await db.Users.GetOrCreateAsync(u => u.Email, new User { Email = email, Name = name }, ct);
    /// </code></example>
    /// <typeparam name="TEntity">The entity.</typeparam>
    /// <param name="set">The set.</param>
    /// <param name="on">The unique properties: <c>u => u.Email</c>, or <c>s => new { s.EventId, s.Number }</c>. Their values are not null.</param>
    /// <param name="instance">The values of a new row.</param>
    /// <param name="cancellationToken">Ends the statement; outside a transaction it may have taken effect.</param>
    /// <returns>The row, and whether this call created it.</returns>
    /// <exception cref="UpdateNotPossibleException">The model has no such unique index, or the entity has a shape that one statement cannot create.</exception>
    /// <exception cref="RowLocks.UnsavedChangesException">The context tracks an entity of this type with unsaved changes.</exception>
    public static Task<GetOrCreateResult<TEntity>> GetOrCreateAsync<TEntity>(
        this DbSet<TEntity> set, Expression<Func<TEntity, object?>> on, TEntity instance, CancellationToken cancellationToken = default)
        where TEntity : class =>
        RunAsync(set, on, instance, (statement, _) => statement.GetOrCreate(), cancellationToken);

    /// <summary>
    /// Creates the row from <paramref name="instance"/>; where it is there already, sets the properties of
    /// <paramref name="overwrite"/> to the values of the instance and adds those of <paramref name="add"/> to what the
    /// row has. The latest version of the row is changed, so that nothing that others added is lost.
    /// </summary>
    /// <remarks>PostgreSQL takes a number of a sequence also where nothing is created.</remarks>
    /// <example><code>
    /// var (user, created) = await db.Users.CreateOrUpdateAsync(
    ///     u => u.Email, new User { Email = email, Name = name, Visits = 1 }, overwrite: u => u.Name, add: u => u.Visits, cancellationToken: ct);
    /// </code></example>
    /// <typeparam name="TEntity">The entity.</typeparam>
    /// <param name="set">The set.</param>
    /// <param name="on">The unique properties, as for <see cref="GetOrCreateAsync"/>.</param>
    /// <param name="instance">The values of a new row.</param>
    /// <param name="overwrite">What is overwritten in a row that is there; with <paramref name="add"/> at least one property.</param>
    /// <param name="add">The numbers that are added to a row that is there.</param>
    /// <param name="cancellationToken">Ends the statement; outside a transaction it may have taken effect.</param>
    /// <returns>The row as it is now, and whether this call created it.</returns>
    /// <exception cref="UpdateNotPossibleException">The model has no such unique index, or the entity has a shape that one statement cannot create.</exception>
    /// <exception cref="RowLocks.UnsavedChangesException">The context tracks an entity of this type with unsaved changes.</exception>
    public static Task<GetOrCreateResult<TEntity>> CreateOrUpdateAsync<TEntity>(
        this DbSet<TEntity> set,
        Expression<Func<TEntity, object?>> on,
        TEntity instance,
        Expression<Func<TEntity, object?>>? overwrite = null,
        Expression<Func<TEntity, object?>>? add = null,
        CancellationToken cancellationToken = default)
        where TEntity : class =>
        RunAsync(
            set,
            on,
            instance,
            (statement, target) => statement.CreateOrUpdate(Changed(target, overwrite), Changed(target, add)) is var sql && (overwrite ?? add) is not null
                ? sql
                : throw new ArgumentException("Name what is changed in a row that is there, with overwrite or add; or use GetOrCreateAsync.", nameof(overwrite)),
            cancellationToken);

    private static IReadOnlyList<IProperty> Changed<TEntity>(UpsertTarget target, Expression<Func<TEntity, object?>>? selector)
    {
        var properties = selector is null ? [] : UpsertTarget.Properties(target.Entity, selector);
        return properties.FirstOrDefault(property => property.IsKey() || target.On.Contains(property) || property.GetBeforeSaveBehavior() == PropertySaveBehavior.Ignore) is { } refused
            ? throw new ArgumentException($"'{refused.Name}' is a key, finds the row, or is written by the database. Leave it out of what is changed.", nameof(selector))
            : properties;
    }

    private static async Task<GetOrCreateResult<TEntity>> RunAsync<TEntity>(
        DbSet<TEntity> set,
        Expression<Func<TEntity, object?>> on,
        TEntity instance,
        Func<UpsertStatement, UpsertTarget, string> write,
        CancellationToken cancellationToken)
        where TEntity : class
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(on);
        ArgumentNullException.ThrowIfNull(instance);
        ReturningOperators.RequireTiebreak(set.AsQueryable());
        var context = set.GetService<ICurrentDbContext>().Context;
        var target = UpsertTarget.For(context, on);
        ChangeGuard.RequireNoUnsavedChanges(context, target.Entity);
        var columns = UpsertColumns.Read(context, target.Entity, target.Place, instance);
        if (columns.FirstOrDefault(column => target.On.Contains(column.Property) && (!column.Given || column.Value is null)) is { } open)
        {
            throw new ArgumentException($"'{open.Property.Name}' finds the row and has no value in the instance. Set it; null is equal to nothing in PostgreSQL.", nameof(instance));
        }

        var statement = new UpsertStatement(target, columns, context.GetService<ISqlGenerationHelper>(), context.Database.GetDbConnection().CreateCommand);
        var sql = write(statement, target);
        var rows = set.FromSqlRaw(sql, statement.Parameters).IgnoreQueryFilters().IgnoreAutoIncludes();
        var tracking = context.ChangeTracker.QueryTrackingBehavior == QueryTrackingBehavior.TrackAll;
        var found = await new OwnTransaction(context, target.Entity, tracking)
            .RunAsync(token => RefreshedRows.Of(rows).ToListAsync(token), cancellationToken).ConfigureAwait(false);
        return new(found[0], found.Count == 2);
    }
}
