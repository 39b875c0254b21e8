namespace Tiebreak.Updates;

/// <summary>A row, and whether this call created it.</summary>
/// <typeparam name="TEntity">The entity.</typeparam>
/// <param name="Entity">The row as it is in the database, tracked as the context's queries are.</param>
/// <param name="Created">True for exactly one of those who come at the same moment; false where the row was there.</param>
public readonly record struct GetOrCreateResult<TEntity>(TEntity Entity, bool Created)
    where TEntity : class;
