namespace Tiebreak.Races.Explaining;

/// <summary>What the text of a statement tells: enough to explain a run, not to decide what depends on what.</summary>
internal sealed record SqlReading
{
    /// <summary>The main verb in lower case; that behind the common table expressions for WITH.</summary>
    public required string Verb { get; init; }

    /// <summary>Full names of the tables that it reads; the one that it changes only where it is read besides.</summary>
    public IReadOnlyList<string> Reads { get; init; } = [];

    /// <summary>Full name of the table that it inserts into, updates or deletes from.</summary>
    public string? Target { get; init; }

    /// <summary>The aggregate functions that it calls.</summary>
    public IReadOnlyList<string> Aggregates { get; init; } = [];

    /// <summary>The column of a max(column), for numbers that are counted up.</summary>
    public string? Highest { get; init; }

    /// <summary>Whether it ends with a locking clause, so that rows which it waited for are read again.</summary>
    public bool LocksRows { get; init; }

    /// <summary>Whether it takes a lock of any kind: a locking clause anywhere, an advisory lock, LOCK TABLE.</summary>
    public bool TakesLock { get; init; }

    /// <summary>Columns that must have a value, where it reads one table only; rows that differ in one are not its.</summary>
    public IReadOnlyDictionary<string, string> Equalities { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Whether these equalities are all that its WHERE says.</summary>
    public bool IsLookup { get; init; }
}
