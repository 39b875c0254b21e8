using Tiebreak.Transactions;

namespace Tiebreak.Leases;

/// <summary>
/// All places of a lease were held for longer than the caller waits. Nothing was taken; try again.
/// <see cref="BusyException.Keys"/> is the lease's name, <see cref="BusyException.Attempts"/> how often it was looked.
/// </summary>
public sealed class LeaseHeldException : BusyException
{
    internal LeaseHeldException(string name, IReadOnlyList<string> holders, int attempts, TimeSpan waited)
        : base(
            $"The lease '{name}' was not to be had within the allowed wait. Held by: {(holders.Count == 0 ? "nobody at this moment" : string.Join(", ", holders))}. Nothing was taken; try again.",
            attempts,
            waited)
    {
        Keys = [name];
        Holders = holders;
    }

    /// <summary>Who held it when the caller gave up, as their <see cref="LeaseOptions.Holder"/> says.</summary>
    public IReadOnlyList<string> Holders { get; }
}
