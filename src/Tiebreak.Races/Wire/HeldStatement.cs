using System.Data;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Wire;

/// <summary>A statement that waits at the gate, or the held end of an implicit transaction.</summary>
internal sealed class HeldStatement(int connection, int backendPid, StepKind kind, string sql, IReadOnlyList<string?> parameters, bool isAutocommit, IsolationLevel? isolation) : IHeldStatement
{
    private readonly TaskCompletionSource<bool> _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Whoever waits for it goes on at once, on the thread that read the answer: it does little before it waits again, and
    // a hop to another thread for each statement is what a run would spend most of its time on.
    private readonly TaskCompletionSource<StatementResult> _result = new();
    private readonly List<RowChange> _changes = [];

    public int Connection => connection;

    public int BackendPid => backendPid;

    public StepKind Kind => kind;

    public string Sql => sql;

    public IReadOnlyList<string?> Parameters => parameters;

    public bool IsAutocommit => isAutocommit;

    public IsolationLevel? Isolation => isolation;

    /// <summary>Completes when it may go; with <see langword="false"/> when it never will.</summary>
    public Task<bool> Released => _released.Task;

    /// <summary>Completes with the server's answer.</summary>
    public Task<StatementResult> Result => _result.Task;

    /// <summary>The command tag, once it is known.</summary>
    public string? Tag { get; set; }

    /// <summary>The error, once it is known.</summary>
    public (string SqlState, string Message)? Error { get; set; }

    public Task<StatementResult> ReleaseAsync()
    {
        _released.TrySetResult(true);
        return Result;
    }

    /// <summary>It will not go any more.</summary>
    public void Refuse()
    {
        _released.TrySetResult(false);
        Lose("It was not let go before the run ended.");
    }

    public void Note(RowChange change) => _changes.Add(change);

    /// <summary>The server is done with it.</summary>
    public void Complete(char transactionStatus) =>
        _result.TrySetResult(new StatementResult(Error is null ? Tag : null, Error?.SqlState, Error?.Message, transactionStatus, [.. _changes]));

    /// <summary>The connection went away.</summary>
    public void Lose(string why) => _result.TrySetResult(new StatementResult(null, "08006", why, 'I', [.. _changes]));
}
