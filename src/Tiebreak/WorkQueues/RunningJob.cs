namespace Tiebreak.WorkQueues;

/// <summary>A claimed job while its handler runs.</summary>
internal sealed class RunningJob(ClaimedJob claim, long claimedAt) : IDisposable
{
    private readonly CancellationTokenSource _lost = new();
    private readonly Lock _ending = new();
    private bool _ended;

    public ClaimedJob Claim => claim;

    /// <summary>A timestamp of the worker's clock from before its lease was given or last renewed.</summary>
    public long HeldSince { get; set; } = claimedAt;

    /// <summary>Its attempt, once that is begun.</summary>
    public Task Run { get; set; } = Task.CompletedTask;

    /// <summary>Cancelled when the claim is lost. Fencing does not rest on it: the completion is refused anyway.</summary>
    public CancellationToken Lost => _lost.Token;

    public void Lose()
    {
        lock (_ending)
        {
            if (_ended)
            {
                return;
            }

            try
            {
                _lost.Cancel();
            }
            catch (AggregateException)
            {
                // Thrown by what the handler registered on its token: no affair of the other jobs'.
            }
        }
    }

    public void Dispose()
    {
        lock (_ending)
        {
            _ended = true;
            _lost.Dispose();
        }
    }
}
