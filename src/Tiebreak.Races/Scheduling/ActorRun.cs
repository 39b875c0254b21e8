using System.Text.Json;
using Tiebreak.Races.Findings;
using Tiebreak.Races.Scenarios;
using Tiebreak.Races.Traces;
using Tiebreak.Races.Wire;

namespace Tiebreak.Races.Scheduling;

/// <summary>One actor in one run.</summary>
internal sealed class ActorRun(int index, Actor actor, IActorGate gate, GateSettings settings, int retries, CancellationToken cancellationToken)
{
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    private readonly HashSet<int> _uncommitted = [];
    private readonly HashSet<int> _locking = [];
    private int _retries = retries;
    private bool _committed;
    private bool _isAsked;
    private bool _hasFinalCommit;
    private bool _isFinalCommitBack;
    private string? _lastFailure;
    private StatementResult? _failedFinalCommit;

    public int Index => index;

    public string Name => actor.Name;

    public IActorGate Gate => gate;

    public Task<ActorAnswer> Answer { get; private set; } = Task.FromResult(new ActorAnswer(""));

    /// <summary>Becomes the statement that waits; <see langword="null"/> while one waits.</summary>
    public Task<IHeldStatement>? Next { get; private set; }

    public IHeldStatement? Held { get; private set; }

    public ActorEnd? End { get; private set; }

    /// <summary>Whether its code has returned, and a transaction that the gate put around all it did has yet to be committed.</summary>
    public bool IsCommitting => _hasFinalCommit && !(_isFinalCommitBack && Held is null && Next is not { IsCompleted: true });

    /// <summary>Whether a transaction of it is open that has locked or written, or it may have locked for its session.</summary>
    public bool HoldsLocks => _locking.Count > 0;

    /// <summary>What it did last.</summary>
    public string? LastSql { get; private set; }

    /// <summary>Its last step's position in the trace, -1 before the first.</summary>
    public int LastStep { get; private set; } = -1;

    public void Start()
    {
        gate.BeginRun(settings);
        _uncommitted.Clear();
        _locking.Clear();
        LastSql = null;
        _committed = false;
        _lastFailure = null;
        _isAsked = _hasFinalCommit = _isFinalCommitBack = false;
        _failedFinalCommit = null;
        Held = null;
        Answer = Task.Run(() => actor.RunAsync(gate.ConnectionString, _stop.Token), CancellationToken.None);
        Listen();
    }

    /// <summary>Takes the statement that arrived, if one did.</summary>
    public bool TakeArrived()
    {
        if (Held is not null || Next is not { IsCompleted: true } arrived)
        {
            return false;
        }

        Next = null;
        if (!arrived.IsCompletedSuccessfully)
        {
            throw new RunGivenUpException($"The gate of {Name} failed: {arrived.Exception?.InnerException?.Message ?? "it was closed"}");
        }

        Held = arrived.Result;
        return true;
    }

    public InFlight Release(int position)
    {
        var flight = new InFlight(this, Held!, position);
        LastSql = Held!.Sql;
        Held = null;
        LastStep = position;
        Listen();
        return flight;
    }

    /// <summary>What a statement's answer says about whether the actor has run.</summary>
    public void Note(IHeldStatement statement, StatementResult result)
    {
        if (LookTiming.TakesLocks(statement.Sql) && result.TransactionStatus != 'I')
        {
            _locking.Add(statement.Connection);
        }
        else if (result.TransactionStatus == 'I' && !statement.Sql.Contains("lock", StringComparison.OrdinalIgnoreCase))
        {
            _locking.Remove(statement.Connection);
        }

        if (result.SqlState is { } state)
        {
            _failedFinalCommit = settings.OneTransaction && Answer.IsCompleted && statement.Kind == StepKind.Commit ? result : null;
            // In a failed transaction everything fails; what made it fail counts.
            _lastFailure = state == "25P02" ? _lastFailure ?? state : state;
        }
        else if (statement.Kind != StepKind.Rollback && result.Tag != "ROLLBACK")
        {
            _lastFailure = null;
        }

        if (statement.Kind == StepKind.Statement && Wrote(result))
        {
            _uncommitted.Add(statement.Connection);
        }

        if (statement.Kind == StepKind.Statement && !statement.IsAutocommit)
        {
            return;
        }

        _isFinalCommitBack |= _hasFinalCommit;
        var wrote = _uncommitted.Remove(statement.Connection);
        _committed |= wrote && statement.Kind != StepKind.Rollback && result.SqlState is null && result.Tag != "ROLLBACK";
    }

    /// <summary>Whether its code has returned, and nothing of it is left to do: the COMMIT of a transaction around all it did is held like any other.</summary>
    public async Task<bool> HasEndedAsync(CancellationToken cancellationToken)
    {
        if (!Answer.IsCompleted)
        {
            return false;
        }

        if (!_isAsked)
        {
            _isAsked = true;
            // An error that its caller is told rolls that transaction back, as one in the code would be.
            _hasFinalCommit = Answer is { IsCompletedSuccessfully: true, Result.Error: null } && await gate.HoldFinalCommitAsync(cancellationToken).ConfigureAwait(false);
        }

        return !IsCommitting;
    }

    /// <summary>The actor's code has returned: ends it, or begins it again when it had to give way and may try again.</summary>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        await gate.EndRunAsync(close: false, cancellationToken).ConfigureAwait(false);
        ForgetNext();
        Held = null;
        var answer = _failedFinalCommit is { SqlState: { } failed } final
            ? new ActorAnswer(JsonSerializer.Serialize(new { error = "COMMIT", sqlState = failed }), Error: $"COMMIT ({failed}): {final.Message}", SqlState: failed)
            : await AnswerOfAsync().ConfigureAwait(false);
        var retryable = new[] { _lastFailure, answer.SqlState }.FirstOrDefault(state => state is "40001" or "40P01" or "55P03");
        if (retryable is "40001" or "40P01" && !_committed && _retries-- > 0)
        {
            Start();
            return;
        }

        End = new ActorEnd(answer, _committed || (retryable is null && !answer.IsBusy), retryable);
    }

    /// <summary>Ends it whatever it does; returns whether its code has returned.</summary>
    public async Task<bool> StopAsync(bool close, TimeSpan patience, TimeProvider time)
    {
        if (End is null)
        {
            using var limit = new CancellationTokenSource(patience, time);
            await Quietly(gate.EndRunAsync(close, limit.Token)).ConfigureAwait(false);
            if (close)
            {
                await _stop.CancelAsync().ConfigureAwait(false);
            }

            await Quietly(Answer.WaitAsync(patience, time, CancellationToken.None)).ConfigureAwait(false);
            await _stop.CancelAsync().ConfigureAwait(false);
            await Quietly(Answer.WaitAsync(patience, time, CancellationToken.None)).ConfigureAwait(false);
        }

        ForgetNext();
        Observe(Answer);
        if (Answer.IsCompleted)
        {
            _stop.Dispose();
        }

        return Answer.IsCompleted;
    }

    private void Listen() => Next = gate.NextAsync(_stop.Token).AsTask();

    // The gate's run is over, so that nothing comes any more: what still listens is left alone, which is cheaper than ending it.
    private void ForgetNext()
    {
        if (Next is { } next)
        {
            Observe(next);
        }

        Next = null;
    }

    private async Task<ActorAnswer> AnswerOfAsync()
    {
        try
        {
            return await Answer.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw;
        }
        catch (RaceException)
        {
            // It could not be begun at all: that is no answer, and must not pass for one.
            throw;
        }
#pragma warning disable CA1031 // Whatever the actor throws is what its caller is told.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            var name = exception.GetType().Name;
            return new ActorAnswer(JsonSerializer.Serialize(new { error = name }), Error: $"{name}: {exception.Message}");
        }
    }

    private static bool Wrote(StatementResult result) =>
        result.Changes.Count > 0
        || (result.Tag is { } tag && (tag.StartsWith("INSERT", StringComparison.Ordinal) || tag.StartsWith("UPDATE", StringComparison.Ordinal) || tag.StartsWith("DELETE", StringComparison.Ordinal) || tag.StartsWith("MERGE", StringComparison.Ordinal))
            && !tag.EndsWith(" 0", StringComparison.Ordinal));

    // A failure after the end is nobody's news, but must not come up as unobserved.
    private static void Observe(Task task) => _ = Quietly(task);

    private static Task<AggregateException?> Quietly(Task task) =>
        task.ContinueWith(static ended => ended.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
}
