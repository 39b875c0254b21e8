namespace Tiebreak.Updates;

/// <summary>
/// The caller named the version of the row that it knows (a form that carries the version it was filled from), and the
/// row has another one by now, or is gone. Nothing was changed. It is no <see cref="Transactions.BusyException"/>: the
/// version will not come back, so trying again is of no use. Somebody has to look at <see cref="Changes"/>.
/// </summary>
public sealed class StaleVersionException : TiebreakException
{
    internal StaleVersionException(string entity, string key, bool isGone, IReadOnlyList<StaleValue> changes, Exception? innerException = null)
        : base(Text(entity, key, isGone, changes), innerException)
    {
        Entity = entity;
        Key = key;
        IsGone = isGone;
        Changes = changes;
    }

    /// <summary>The entity's name.</summary>
    public string Entity { get; }

    /// <summary>The row's key, as <c>Id=5</c>.</summary>
    public string Key { get; }

    /// <summary>Whether there is no such row any more.</summary>
    public bool IsGone { get; }

    /// <summary>
    /// The mapped properties, the version among them, whose value in the database is not the caller's; empty where the
    /// row is gone. Of an entity that was loaded, the database's values are those of the loading.
    /// </summary>
    public IReadOnlyList<StaleValue> Changes { get; }

    private static string Text(string entity, string key, bool isGone, IReadOnlyList<StaleValue> changes) => isGone
        ? $"'{entity}' ({key}) is gone. Nothing was changed. Show that to whoever made the change."
        : $"'{entity}' ({key}) was changed since the version that the caller knows. Different now: {string.Join(", ", changes.Select(change => change.Property))}. Nothing was changed. Show both to whoever made the change, and send it again with the new version.";
}
