namespace Tiebreak.Server.Systems;

/// <summary>What this server knows of its database without asking it. One instance, for all threads.</summary>
internal sealed class DatabaseState
{
    private volatile bool _isSetUp;
    private volatile bool _hasRefusedToWrite;

    /// <summary>Whether the schema is there. Calls are answered from then on; it stays so.</summary>
    public bool IsSetUp => _isSetUp;

    /// <summary>
    /// Whether the database said, when it was last asked to write, that it cannot: its disk or memory is full, or it is
    /// read-only since another took over. Readiness asks it again.
    /// </summary>
    public bool HasRefusedToWrite => _hasRefusedToWrite;

    /// <summary>Notes that the schema is there.</summary>
    public void NoteSetUp() => _isSetUp = true;

    /// <summary>Notes that a change failed because the database cannot write.</summary>
    public void NoteRefusedToWrite() => _hasRefusedToWrite = true;

    /// <summary>Notes that the database has written again.</summary>
    public void NoteWrote() => _hasRefusedToWrite = false;
}
