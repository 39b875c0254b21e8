using System.Data;
using Tiebreak.Transactions;

namespace Tiebreak.Operations;

/// <summary>
/// At REPEATABLE READ the statement that waits for a lock has taken the transaction's snapshot before: what hangs on
/// the subjects would be read as of before the wait, and nothing refuses the decision.
/// </summary>
internal static class FreshReads
{
    public static AtomicOptions Checked(AtomicOptions transaction, string parameter) =>
        transaction.IsolationLevel is IsolationLevel.RepeatableRead or IsolationLevel.Snapshot
            ? throw new ArgumentException(
                "At REPEATABLE READ this guard would decide on rows from before its lock. Leave the isolation level at READ COMMITTED, or use the OptimisticGuard.", parameter)
            : transaction;

    public static TransactionGuardOptions Checked(TransactionGuardOptions? options)
    {
        options ??= new TransactionGuardOptions();
        Checked(options.Transaction, nameof(options));
        return options;
    }
}
