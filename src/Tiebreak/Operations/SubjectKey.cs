using System.Linq.Expressions;

namespace Tiebreak.Operations;

/// <summary>The properties that make a subject's key: how rows are found by it, and in which order they are taken.</summary>
internal sealed class SubjectKey<TEntity, TKey> : IComparer<TKey>
    where TEntity : class
{
    private readonly SubjectKeyPart<TEntity, TKey>[] _parts;

    public SubjectKey(Expression<Func<TEntity, TKey>> by)
    {
        Of = by.Compile();
        _parts = by.Body is NewExpression { Arguments.Count: > 0 } several
            ? [.. several.Arguments.Select((argument, i) => Part(by, argument, MemberOf(several, i)))]
            : [Part(by, by.Body, null)];
    }

    /// <summary>A row's key.</summary>
    public Func<TEntity, TKey> Of { get; }

    /// <summary>
    /// Those whose parts are each among the keys': a list of pairs is no condition that an index serves. Rows that mix the
    /// parts of two keys are found too.
    /// </summary>
    public IQueryable<TEntity> Among(IQueryable<TEntity> rows, TKey[] keys) =>
        _parts.Aggregate(rows, (found, part) => part.Among(found, keys));

    /// <summary>In the order in which everybody takes them, so that those who take several never wait for each other in a circle.</summary>
    public IQueryable<TEntity> Ordered(IQueryable<TEntity> rows)
    {
        var ordered = _parts[0].OrderFirst(rows);
        return _parts.Skip(1).Aggregate(ordered, (before, part) => part.OrderNext(before));
    }

    public int Compare(TKey? x, TKey? y)
    {
        foreach (var part in _parts)
        {
            if (part.Compare(x!, y!) is not 0 and var difference)
            {
                return difference;
            }
        }

        return 0;
    }

    private static SubjectKeyPart<TEntity, TKey> Part(Expression<Func<TEntity, TKey>> by, Expression path, Func<Expression, Expression>? ofKey)
    {
        if (path is not MemberExpression { Expression: ParameterExpression })
        {
            throw new ArgumentException("A subject's key is a property of its entity, as in 'invite => invite.Code', or several, as in 'invite => new { invite.Code, invite.Generation }'.", nameof(by));
        }

        var key = Expression.Parameter(typeof(TKey), "key");
        return (SubjectKeyPart<TEntity, TKey>)Activator.CreateInstance(
            typeof(SubjectKeyPart<,,>).MakeGenericType(typeof(TEntity), typeof(TKey), path.Type),
            Expression.Lambda(path, by.Parameters),
            Expression.Lambda(ofKey?.Invoke(key) ?? key, key).Compile())!;
    }

    /// <summary>An anonymous type says which member an argument becomes; a record's has the name of the parameter.</summary>
    private static Func<Expression, Expression> MemberOf(NewExpression made, int argument) => made.Members is { } members
        ? key => Expression.MakeMemberAccess(key, members[argument])
        : key => Expression.PropertyOrField(key, made.Constructor!.GetParameters()[argument].Name!);
}
