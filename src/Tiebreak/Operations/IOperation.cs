using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Operations;

/// <summary>
/// A change of shared state, written once: which keys it contends on, what it reads, a pure decision, what it writes.
/// A guard says who may run it when; every guard runs the same operation.
/// </summary>
/// <remarks>
/// <para>
/// An operation is batch-shaped. A guard gives it a list of requests, on one key or on several, and calls, in this
/// order and inside one transaction: <see cref="LoadSubjectsAsync"/> once, <see cref="LoadRelatedAsync"/> once,
/// <see cref="Decide"/> for each request in the order of their arrival, <see cref="SaveAsync"/> once. A row lock gives
/// it lists of one.
/// </para>
/// <para>
/// It may be run more than once for the same requests, each time with a fresh context and a fresh state. It holds no
/// state of its own, and one instance serves all callers at once.
/// </para>
/// </remarks>
/// <typeparam name="TContext">The application's context.</typeparam>
/// <typeparam name="TRequest">What one caller asks for.</typeparam>
/// <typeparam name="TState">The rows that were read, and those that the decisions made.</typeparam>
/// <typeparam name="TResult">
/// What one caller is told. A refusal is a result: an exception is for what should not happen.
/// </typeparam>
public interface IOperation<TContext, in TRequest, TState, TResult>
    where TContext : DbContext
{
    /// <summary>A short name for logs, meters and errors, such as <c>accept-invite</c>.</summary>
    string Name { get; }

    /// <summary>
    /// The keys that this request contends on, such as <c>invite/7KQ2</c>. Two requests that could disturb each other
    /// must share a key, or the database must refuse the second one by a unique constraint.
    /// </summary>
    /// <param name="request">What one caller asks for.</param>
    IEnumerable<string> KeysOf(TRequest request);

    /// <summary>
    /// About how many rows this request reads and writes. Bounds of transactions and queues weigh by it, and what is heavy
    /// takes turns apart from the others. 1 by default, at least 1.
    /// </summary>
    /// <param name="request">What one caller asks for.</param>
    int WeightOf(TRequest request) => 1;

    /// <summary>
    /// Has the rows that stand for the keys taken and read, by <c>scope.ReadSubjectsAsync</c>, and reads nothing else: what
    /// is read here by itself may come from before the wait for the lock. Searches that need no subject's answer may be
    /// given to <c>scope.ReadSubjectsAsync</c> to be read behind it.
    /// </summary>
    /// <param name="scope">The context, and what this guard does to a query.</param>
    /// <param name="requests">The requests, in the order of their arrival.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    Task<TState> LoadSubjectsAsync(OperationScope<TContext> scope, IReadOnlyList<TRequest> requests, CancellationToken cancellationToken);

    /// <summary>
    /// Reads everything else that the decisions need, in statements of their own, now that the guard is held.
    /// <see cref="OperationScope{TContext}.Now"/> may be used from here on.
    /// </summary>
    /// <param name="scope">The context and the time.</param>
    /// <param name="state">What was read so far.</param>
    /// <param name="requests">The requests, in the order of their arrival.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    Task LoadRelatedAsync(OperationScope<TContext> scope, TState state, IReadOnlyList<TRequest> requests, CancellationToken cancellationToken);

    /// <summary>
    /// Decides one request on what was read, and notes its effect in the state, where the next request sees it.
    /// No I/O, no clock, no lock.
    /// </summary>
    /// <param name="state">What was read, and what the requests before this one changed.</param>
    /// <param name="request">What the caller asks for.</param>
    /// <param name="now">
    /// The database's time after the guard was taken, in whole microseconds; later, where the last decision about one of
    /// the request's keys was (<see cref="Subject{TEntity, TKey}.DecidedAt"/>).
    /// </param>
    TResult Decide(TState state, TRequest request, DateTimeOffset now);

    /// <summary>
    /// Writes what the decisions made. When another transaction made the same unique key first, the guard runs the
    /// operation again on fresh rows, so that the second contender gets an answer and not an error.
    /// </summary>
    /// <param name="scope">The context.</param>
    /// <param name="state">What the decisions made.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    Task SaveAsync(OperationScope<TContext> scope, TState state, CancellationToken cancellationToken);
}
