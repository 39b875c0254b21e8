namespace Tiebreak.Leases;

/// <summary>
/// The lease is not, or no longer, its holder's: it ran out, was taken over, or could not be renewed in time. Thrown by
/// a fence, nothing of its transaction may be committed. Take the lease anew and begin from the start, with fresh rows.
/// </summary>
public sealed class LeaseLostException : TiebreakException
{
    internal LeaseLostException(Lease lease, Exception? innerException = null)
        : base($"The lease '{lease.Name}' (token {lease.Token}) is lost: it ran out, or somebody else has it. Stop what it protects, roll back, and acquire it anew.", innerException)
    {
        Name = lease.Name;
        Token = lease.Token;
    }

    /// <summary>The lease's name.</summary>
    public string Name { get; }

    /// <summary>The fencing token of the acquisition that is lost.</summary>
    public long Token { get; }
}
