using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Operations;

/// <summary>One property of a subject's key.</summary>
internal abstract class SubjectKeyPart<TEntity, TKey> : IComparer<TKey>
{
    public abstract IQueryable<TEntity> Among(IQueryable<TEntity> rows, TKey[] keys);

    public abstract IOrderedQueryable<TEntity> OrderFirst(IQueryable<TEntity> rows);

    public abstract IOrderedQueryable<TEntity> OrderNext(IOrderedQueryable<TEntity> rows);

    public abstract int Compare(TKey? x, TKey? y);
}

/// <summary>One property of a subject's key, with its type.</summary>
/// <param name="path">The entity's property.</param>
/// <param name="value">The same part of a key.</param>
internal sealed class SubjectKeyPart<TEntity, TKey, TPart>(Expression<Func<TEntity, TPart>> path, Func<TKey, TPart> value) : SubjectKeyPart<TEntity, TKey>
{
    private static readonly IComparer<TPart> PartOrder = typeof(TPart) == typeof(string) ? (IComparer<TPart>)StringComparer.Ordinal : Comparer<TPart>.Default;

    // Texts are taken in the order of their code units, whatever the column's own order is: statements of one key each go
    // by that. PostgreSQL drops a collation that is the column's own.
    private readonly Expression<Func<TEntity, TPart>> _pathInOrder = typeof(TPart) != typeof(string)
        ? path
        : Expression.Lambda<Func<TEntity, TPart>>(
            Expression.Call(typeof(RelationalDbFunctionsExtensions), nameof(RelationalDbFunctionsExtensions.Collate), [typeof(TPart)], Expression.Constant(EF.Functions), path.Body, Expression.Constant("C")),
            path.Parameters);

    public override IQueryable<TEntity> Among(IQueryable<TEntity> rows, TKey[] keys)
    {
        // A member of an object is a parameter to EF Core, and a constant is text of the statement.
        var asked = new Asked { Values = Array.ConvertAll(keys, key => value(key)) };
        var values = Expression.Property(Expression.Constant(asked), nameof(Asked.Values));
        return rows.Where(Expression.Lambda<Func<TEntity, bool>>(
            Expression.Call(typeof(Enumerable), nameof(Enumerable.Contains), [typeof(TPart)], values, path.Body), path.Parameters));
    }

    public override IOrderedQueryable<TEntity> OrderFirst(IQueryable<TEntity> rows) => rows.OrderBy(_pathInOrder);

    public override IOrderedQueryable<TEntity> OrderNext(IOrderedQueryable<TEntity> rows) => rows.ThenBy(_pathInOrder);

    public override int Compare(TKey? x, TKey? y) => PartOrder.Compare(value(x!), value(y!));

    private sealed class Asked
    {
        public required TPart[] Values { get; init; }
    }
}
