namespace Tiebreak.Lanes;

/// <summary>What waits in a lane for one operation. Called under the lane's lock.</summary>
internal abstract class OperationQueue
{
    /// <summary>What they wait for.</summary>
    public abstract object Operation { get; }

    /// <summary>How many wait, those that were withdrawn meanwhile included.</summary>
    public abstract int Count { get; }

    /// <summary>What they weigh together.</summary>
    public abstract long Weight { get; }

    /// <summary>Drops those that were withdrawn, and says how many.</summary>
    public abstract int ForgetWithdrawn();

    /// <summary>Takes what one transaction is to decide.</summary>
    public abstract LaneBatch Take(LaneGuardOptions options);
}

/// <summary>Requests that were taken together.</summary>
internal abstract class LaneBatch
{
    /// <summary>How many there are.</summary>
    public abstract int Count { get; }

    /// <summary>Decides them and answers every caller.</summary>
    public abstract Task RunAsync(CancellationToken cancellationToken);

    /// <summary>Answers those who have no answer yet with this error.</summary>
    public abstract void Abandon(Exception exception);
}
