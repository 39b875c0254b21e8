using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Operations;

/// <summary>
/// Says which rows stand for the keys of an operation: an entity, the property that a key is, and how the key is
/// called. How the rows are locked and read is the guard's. Made once and kept; safe for any number of threads.
/// </summary>
/// <example><code>
/// static readonly Subject&lt;Invite, string&gt; ActiveInvite = new(invite => invite.Code, code => "invite/" + code) { Where = invite => invite.IsActive };
///
/// var invites = await scope.ReadSubjectsAsync(ActiveInvite, requests.Select(request => request.Code), cancellationToken: cancellationToken);
/// </code></example>
/// <typeparam name="TEntity">The subject's entity type.</typeparam>
/// <typeparam name="TKey">What finds a row: a property's type, or a record or anonymous type of several properties.</typeparam>
public sealed class Subject<TEntity, TKey>
    where TEntity : class
    where TKey : notnull
{
    private readonly SubjectKey<TEntity, TKey> _key;

    /// <summary>Says it.</summary>
    /// <param name="by">
    /// The property of an indexed column, <c>invite => invite.Code</c>, or several,
    /// <c>invite => new { invite.Code, invite.Generation }</c>.
    /// </param>
    /// <param name="key">
    /// The operation's key that a row with this value stands for, as <c>KeysOf</c> gives it. Several rows may stand for
    /// one key.
    /// </param>
    /// <exception cref="ArgumentException"><paramref name="by"/> names no properties of the entity.</exception>
    public Subject(Expression<Func<TEntity, TKey>> by, Func<TKey, string> key)
    {
        ArgumentNullException.ThrowIfNull(by);
        ArgumentNullException.ThrowIfNull(key);
        _key = new SubjectKey<TEntity, TKey>(by);
        Named = key;
    }

    /// <summary>
    /// What is asked of a row beside its key, such as being the active one of its code. It is judged on the row as it is
    /// once it is held. Nothing by default.
    /// </summary>
    public Expression<Func<TEntity, bool>>? Where { get; init; }

    /// <summary>Whether the context tracks the rows, as <c>SaveChanges</c> needs it. <see langword="true"/> by default.</summary>
    public bool Tracked { get; init; } = true;

    /// <summary>
    /// The time that the last decision about the row was written with, where the row keeps it. The next one is decided
    /// at that time or later, also where the database's clock was set back meanwhile: what has expired stays so. Left
    /// out, the clock alone decides.
    /// </summary>
    public Func<TEntity, DateTimeOffset>? DecidedAt { get; init; }

    /// <summary>The key that a row stands for.</summary>
    internal Func<TKey, string> Named { get; }

    internal IComparer<TKey> Order => _key;

    internal TKey KeyOf(TEntity row) => _key.Of(row);

    /// <summary>The rows of so many keys in the order in which everybody takes them; of keys with several parts it may find more.</summary>
    internal IQueryable<TEntity> Query(DbContext context, TKey[] keys)
    {
        IQueryable<TEntity> rows = context.Set<TEntity>();
        rows = Tracked ? rows : rows.AsNoTracking();
        rows = _key.Among(rows, keys);
        rows = Where is { } condition ? rows.Where(condition) : rows;
        return _key.Ordered(rows);
    }
}
