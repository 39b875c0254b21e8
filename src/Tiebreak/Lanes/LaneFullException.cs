using Tiebreak.Transactions;

namespace Tiebreak.Lanes;

/// <summary>
/// So many requests wait in the lane already that this one was not taken. Nothing was changed; try again after
/// <see cref="RetryAfter"/>.
/// </summary>
public sealed class LaneFullException : BusyException
{
    internal LaneFullException(int waiting, TimeSpan retryAfter)
        : base(FormattableString.Invariant($"{waiting:N0} requests are waiting already. Nothing was changed; try again in {Math.Ceiling(retryAfter.TotalSeconds):N0} s."), attempts: 0, TimeSpan.Zero)
    {
        RetryAfter = retryAfter;
    }

    /// <summary>How long the lane needs for what waits in it, at the rate it was last seen to work at.</summary>
    public TimeSpan RetryAfter { get; }
}
