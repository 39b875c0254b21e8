namespace Tiebreak.Races.Resetting;

/// <summary>Which tables were written: since the last reset, ever, and without any trigger saying so. Safe for several threads.</summary>
internal sealed class WrittenTables
{
    private readonly Lock _lock = new();
    private readonly SortedSet<string> _ever = new(StringComparer.Ordinal);
    private readonly HashSet<string> _dirty = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _untracked = new(StringComparer.Ordinal);
    private bool _sequencesMoved;

    /// <summary>Whether nothing was written since the last reset, sequences included.</summary>
    public bool IsClean
    {
        get
        {
            lock (_lock)
            {
                return _dirty.Count == 0 && !_sequencesMoved;
            }
        }
    }

    public IReadOnlyList<string> Ever
    {
        get
        {
            lock (_lock)
            {
                return [.. _ever];
            }
        }
    }

    public IReadOnlyList<string> Untracked
    {
        get
        {
            lock (_lock)
            {
                return [.. _untracked];
            }
        }
    }

    /// <summary>What a reset has to put back: what triggers reported, and what they never do.</summary>
    public IReadOnlyList<string> ToReset
    {
        get
        {
            lock (_lock)
            {
                return [.. _dirty.Union(_untracked)];
            }
        }
    }

    public void Note(IEnumerable<string> tables, bool sequencesMoved)
    {
        lock (_lock)
        {
            foreach (var table in tables)
            {
                _dirty.Add(table);
                _ever.Add(table);
            }

            _sequencesMoved |= sequencesMoved;
        }
    }

    public void NoteUntracked(IEnumerable<string> tables)
    {
        lock (_lock)
        {
            foreach (var table in tables)
            {
                _untracked.Add(table);
                _ever.Add(table);
            }
        }
    }

    public void NoteReset(IEnumerable<string> tables)
    {
        lock (_lock)
        {
            _dirty.ExceptWith(tables);
            _sequencesMoved = false;
        }
    }
}
