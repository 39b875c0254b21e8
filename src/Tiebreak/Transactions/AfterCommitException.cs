namespace Tiebreak.Transactions;

/// <summary>
/// The change <b>is committed</b>; work that was registered to run after the commit failed
/// (<see cref="AfterCommitExtensions.AfterCommit"/>). Do not run the block again: that would apply the change twice.
/// All of the work was run, what follows a failed piece included.
/// </summary>
public sealed class AfterCommitException : TiebreakException
{
    internal AfterCommitException(object? result, IReadOnlyList<Exception> failures)
        : base($"The change is committed, but work after the commit failed {failures.Count} time(s): {failures[0].Message} Do not send the change again; repeat the work.", failures[0])
    {
        Result = result;
        Failures = failures;
    }

    /// <summary>What the block answered; null for a block that answers nothing.</summary>
    public object? Result { get; }

    /// <summary>What went wrong, in the order of the work; at least one. A cancelled piece of work is one of them.</summary>
    public IReadOnlyList<Exception> Failures { get; }
}
