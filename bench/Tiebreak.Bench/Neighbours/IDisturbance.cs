namespace Tiebreak.Bench.Neighbours;

/// <summary>Somebody who is slow, beside those who are measured.</summary>
internal interface IDisturbance
{
    /// <summary>Begins, and comes back when it is under way; nothing where it is already.</summary>
    Task BeginAsync();

    /// <summary>Ends, and comes back when nothing of it is left.</summary>
    Task EndAsync();
}
