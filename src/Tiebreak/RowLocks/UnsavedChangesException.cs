namespace Tiebreak.RowLocks;

/// <summary>
/// A locked query read the row of an entity that this context tracks with changes that are not saved. Refreshing it
/// would lose them, keeping them would decide on old values. The row is locked by now and stays so until the
/// transaction ends; the entity is untouched.
/// </summary>
public sealed class UnsavedChangesException : RowLockException
{
    /// <summary>Creates the error.</summary>
    /// <param name="entityType">The entity.</param>
    /// <param name="key">Its primary key, as <c>Id=5</c>.</param>
    /// <param name="properties">The changed properties and removed owned entities; empty where the whole entity was added or deleted.</param>
    /// <param name="state">How the context holds it: Modified, Added or Deleted.</param>
    public UnsavedChangesException(string entityType, string key, IReadOnlyList<string> properties, string state)
        : this(entityType, key, properties, state, "a locked query just read its row. Lock first and change afterwards; or call SaveChanges() before the locked query; or read with AsNoTracking().")
    {
    }

    internal UnsavedChangesException(string entityType, string key, IReadOnlyList<string> properties, string state, string whatMetIt)
        : base($"'{entityType}' ({key}) is tracked with unsaved changes ({(properties.Count == 0 ? state : string.Join(", ", properties))}), and {whatMetIt}")
    {
        EntityType = entityType;
        Key = key;
        Properties = properties;
    }

    /// <summary>The entity.</summary>
    public string EntityType { get; }

    /// <summary>Its primary key, as <c>Id=5</c>.</summary>
    public string Key { get; }

    /// <summary>The changed properties and removed owned entities; empty where the whole entity was added or deleted.</summary>
    public IReadOnlyList<string> Properties { get; }
}
