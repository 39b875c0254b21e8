using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Operations;

/// <summary>Says who may run an operation when. Guards are interchangeable: the operation is the same under each.</summary>
/// <typeparam name="TContext">The application's context.</typeparam>
public interface IGuard<TContext>
    where TContext : DbContext
{
    /// <summary>
    /// Runs the operation for one request and answers after its commit. Safe for any number of callers at once.
    /// </summary>
    /// <typeparam name="TRequest">What the caller asks for.</typeparam>
    /// <typeparam name="TState">The operation's rows.</typeparam>
    /// <typeparam name="TResult">What the caller is told.</typeparam>
    /// <param name="operation">The change.</param>
    /// <param name="request">What the caller asks for.</param>
    /// <param name="cancellationToken">Withdraws the request as long as it is not being committed.</param>
    /// <exception cref="Transactions.BusyException">Contention; nothing happened, try again.</exception>
    /// <exception cref="Transactions.ConnectionLostException">The database is away; nothing was committed.</exception>
    /// <exception cref="Transactions.CommitOutcomeUnknownException">The connection was lost during COMMIT.</exception>
    Task<TResult> RunAsync<TRequest, TState, TResult>(
        IOperation<TContext, TRequest, TState, TResult> operation,
        TRequest request,
        CancellationToken cancellationToken = default);
}
