namespace Tiebreak.WorkQueues;

/// <summary>
/// The claim is another worker's by now, or the job is gone: this worker was too late to complete it. Ends its
/// transaction, so that nothing of the handler's writes remains.
/// </summary>
internal sealed class ClaimLostException(Guid jobId, Exception? innerException = null)
    : TiebreakException($"Job {jobId} was taken over after the lease of this worker had ended. What its handler wrote here is rolled back.", innerException);
