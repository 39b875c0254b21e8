using Tiebreak.Transactions;

namespace Tiebreak.Updates;

/// <summary>
/// In each of the allowed attempts somebody else had changed a row between its reading and its writing. Nothing was
/// changed. Where it comes up often, the row is too busy to be optimistic about: lock it, or change it in one statement.
/// </summary>
public sealed class OptimisticConflictException : BusyException
{
    internal OptimisticConflictException(int attempts, TimeSpan waited, Exception innerException)
        : base($"Somebody else changed the row first in each of {attempts} attempts. Nothing was changed; try again.", attempts, waited, innerException)
    {
    }
}
