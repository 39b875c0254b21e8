using System.Data;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Wire;

/// <summary>
/// A connection's steps and the transactions that the gate puts around them: one around a statement whose COMMIT is held,
/// or one around all that the actor does.
/// </summary>
internal sealed class GateTransactions(ServerLine line, CancellationToken stop)
{
    private readonly ChosenLevel _level = new();
    private IsolationLevel _isolation = IsolationLevel.ReadCommitted;
    private GateRun? _numberedFor;
    private int _number;
    private TaskCompletionSource _unwrapped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HeldStatement? _final;
    private HeldStatement? _held;
    private bool _locksForSession;
    private bool _hasFirst;

    /// <summary>The step that was held last.</summary>
    public HeldStatement? Held => Volatile.Read(ref _held);

    /// <summary>Whether one is around all that the actor does.</summary>
    public bool IsWrapped { get; private set; }

    /// <summary>Completes when that one has ended.</summary>
    public Task Unwrapped => _unwrapped.Task;

    /// <summary>Completes when the held COMMIT before has been answered.</summary>
    public Task Ending { get; set; } = Task.CompletedTask;

    /// <summary>Before anything of a run: the isolation level that its transactions begin with.</summary>
    public async Task PrepareRunAsync(GateRun run)
    {
        if (line.Pump.Status != 'I' || run.Settings.Isolation == _isolation)
        {
            return;
        }

        _isolation = run.Settings.Isolation;
        var level = _isolation switch
        {
            IsolationLevel.Serializable => "serializable",
            IsolationLevel.RepeatableRead or IsolationLevel.Snapshot => "repeatable read",
            _ => "read committed",
        };
        await line.AskAsync($"SET default_transaction_isolation = '{level}'").ConfigureAwait(false);
    }

    /// <summary>
    /// Waits for the answer to what went before: drivers send BEGIN and the first statement at once, and whether a
    /// transaction is open is known only when the server has said so.
    /// </summary>
    public async Task SettleAsync()
    {
        await line.Sent.ConfigureAwait(false);
        if (line.Pump.Status == 'I')
        {
            _level.EndTransaction();
            _hasFirst = false;
        }
    }

    public void Forget(string sql)
    {
        _level.Note(sql);
        if (sql.Contains("discard", StringComparison.OrdinalIgnoreCase) || sql.Contains("reset", StringComparison.OrdinalIgnoreCase) || sql.Contains("deallocate", StringComparison.OrdinalIgnoreCase))
        {
            _isolation = IsolationLevel.ReadCommitted;
        }
    }

    public async Task WrapAsync(GateRun run)
    {
        if (run.Settings.OneTransaction && !IsWrapped && line.Pump.Status == 'I')
        {
            IsWrapped = line.Pump.HidesTransaction = true;
            _unwrapped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await line.BeginAsync().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Holds the COMMIT of the transaction that the gate put around all the actor did here, the first time it is asked;
    /// false when there is none, or it has been answered.
    /// </summary>
    public bool HoldFinalCommit(GateRun run)
    {
        if (_final is { } final)
        {
            return !final.Result.IsCompleted;
        }

        if (!IsWrapped || line.Pump.Status == 'I' || stop.IsCancellationRequested)
        {
            return false;
        }

        _final = Hold(run, StepKind.Commit, "COMMIT", [], isAutocommit: false);
        Ending = SendOwnAsync(_final, "COMMIT", givesKept: false);
        return true;
    }

    /// <summary>Behind the statement of an implicit transaction: holds its COMMIT, and gives the client its answer after it.</summary>
    public async Task EndSplitAsync(GateRun? run, Answer answer)
    {
        await answer.Done.ConfigureAwait(false);
        if (run is null || run.IsOver || line.Pump.Status != 'T')
        {
            await line.AskAsync(line.Pump.Status == 'T' ? "COMMIT" : "ROLLBACK", givesKept: true).ConfigureAwait(false);
            return;
        }

        var step = Hold(run, StepKind.Commit, Step.OwnCommit, [], isAutocommit: false);
        await SendOwnAsync(step, "COMMIT", givesKept: true).ConfigureAwait(false);
    }

    public async Task<HeldStatement> HoldAsync(GateRun run, StepKind kind, string sql, IReadOnlyList<string?> parameters, bool isAutocommit)
    {
        await SendFirstAsync(run, kind, isAutocommit).ConfigureAwait(false);
        var statement = Hold(run, kind, sql, parameters, isAutocommit);
        return await statement.Released.ConfigureAwait(false) ? statement : throw new OperationCanceledException("The run is over.");
    }

    /// <summary>The run is over: no transaction of it stays open.</summary>
    public async Task EndRunAsync(CancellationToken cancellationToken)
    {
        if (line.Pump.Status != 'I' && !line.Pump.IsOwed && !stop.IsCancellationRequested)
        {
            await RunOwnAsync("ROLLBACK", cancellationToken).ConfigureAwait(false);
        }

        if (_locksForSession && !line.Pump.IsOwed && !stop.IsCancellationRequested)
        {
            // In a pool the session goes on, and with it what it has locked: the next run would wait for nobody.
            await RunOwnAsync("SELECT pg_advisory_unlock_all()", cancellationToken).ConfigureAwait(false);
            _locksForSession = false;
        }

        IsWrapped = line.Pump.HidesTransaction = false;
        _final = null;
        _unwrapped.TrySetResult();
    }

    private HeldStatement Hold(GateRun run, StepKind kind, string sql, IReadOnlyList<string?> parameters, bool isAutocommit)
    {
        if (_numberedFor != run)
        {
            _numberedFor = run;
            _number = run.NumberConnection();
        }

        var statement = new HeldStatement(_number, line.Pump.BackendPid, kind, run.Settings.Rewrite?.Invoke(sql) ?? sql, parameters, isAutocommit, _level.Current);
        _locksForSession |= sql.Contains("advisory_lock", StringComparison.OrdinalIgnoreCase);

        // Whoever closes the connection says so first and refuses what is held then: either it sees this, or this sees it.
        Interlocked.Exchange(ref _held, statement);
        if (stop.IsCancellationRequested)
        {
            statement.Refuse();
        }
        else
        {
            run.Arrive(statement);
        }

        return statement;
    }

    private async Task SendOwnAsync(HeldStatement step, string sql, bool givesKept)
    {
        if (!await step.Released.ConfigureAwait(false))
        {
            return;
        }

        var answer = await line.AskAsync(sql, step, givesKept).ConfigureAwait(false);
        await answer.Done.ConfigureAwait(false);
    }

    private async Task SendFirstAsync(GateRun run, StepKind kind, bool isAutocommit)
    {
        if (run.Settings.First is not { } first || _hasFirst || kind is not StepKind.Statement || line.Pump.Status == 'E')
        {
            return;
        }

        // A lock of the session is taken once, also where no transaction is open.
        if (first.Contains("pg_advisory_lock(", StringComparison.Ordinal) ? _locksForSession : isAutocommit || line.Pump.Status != 'T')
        {
            return;
        }

        _hasFirst = true;
        await SendOwnAsync(Hold(run, StepKind.Statement, first, [], isAutocommit: false), first, givesKept: false).ConfigureAwait(false);
    }

    private async Task RunOwnAsync(string sql, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await line.AskAsync(sql).ConfigureAwait(false);
            await answer.Done.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException || (exception is OperationCanceledException && stop.IsCancellationRequested))
        {
            // A connection that is gone, perhaps since it was looked at, has neither a transaction nor locks.
        }
    }
}
