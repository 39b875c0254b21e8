namespace Tiebreak.Server.Systems;

/// <summary>What this server knows of its database without asking it. One instance, for all threads.</summary>
internal sealed class DatabaseState
{
    private volatile bool _isSetUp;

    /// <summary>Whether the schema is there. Calls are answered from then on; it stays so.</summary>
    public bool IsSetUp => _isSetUp;

    /// <summary>Notes that the schema is there.</summary>
    public void NoteSetUp() => _isSetUp = true;
}
