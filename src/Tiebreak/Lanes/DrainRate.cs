namespace Tiebreak.Lanes;

/// <summary>How fast a lane was lately seen to work, so that who finds it full is told when to come back.</summary>
internal sealed class DrainRate
{
    // New measurements count for as much as all before them after about two batches.
    private const double Weight = 0.3;

    private double _perSecond;

    /// <summary>Notes that a batch of so many took so long.</summary>
    public void Note(int count, TimeSpan took)
    {
        if (count > 0 && took > TimeSpan.Zero)
        {
            var measured = count / took.TotalSeconds;
            var known = Volatile.Read(ref _perSecond);
            Volatile.Write(ref _perSecond, known == 0 ? measured : (known * (1 - Weight)) + (measured * Weight));
        }
    }

    /// <summary>How long so many will take; a second as long as nothing was measured. 1 millisecond to 5 minutes.</summary>
    public TimeSpan TimeFor(int count)
    {
        var perSecond = Volatile.Read(ref _perSecond);
        return perSecond == 0
            ? TimeSpan.FromSeconds(1)
            : TimeSpan.FromSeconds(Math.Clamp(count / perSecond, 0.001, 300));
    }
}
