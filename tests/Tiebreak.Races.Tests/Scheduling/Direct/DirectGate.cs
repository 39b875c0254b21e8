using System.Threading.Channels;
using Tiebreak.Races.Traces;
using Tiebreak.Races.Wire;

namespace Tiebreak.Races.Tests.Scheduling.Direct;

/// <summary>A gate inside the process: an actor of a test calls it instead of speaking the protocol.</summary>
internal sealed class DirectGate(string database) : IActorGate
{
    private readonly Dictionary<int, DirectConnection> _connections = [];
    private Channel<IHeldStatement> _arrived = Channel.CreateUnbounded<IHeldStatement>();
    private CancellationTokenSource _run = new();

    public string ConnectionString { get; } = Guid.NewGuid().ToString("n");

    public IReadOnlyCollection<int> BackendPids => [.. _connections.Values.Where(connection => connection.IsOpen).Select(connection => connection.Pid)];

    public GateSettings Settings { get; private set; } = new();

    public int Runs { get; private set; }

    public int Ends { get; private set; }

    public void BeginRun(GateSettings settings)
    {
        Settings = settings;
        Runs++;
        _arrived = Channel.CreateUnbounded<IHeldStatement>();
        _run = new CancellationTokenSource();
    }

    public ValueTask<IHeldStatement> NextAsync(CancellationToken cancellationToken) => _arrived.Reader.ReadAsync(cancellationToken);

    public async Task EndRunAsync(bool close, CancellationToken cancellationToken)
    {
        Ends++;
        await _run.CancelAsync();
        foreach (var connection in _connections.Values.ToList())
        {
            await connection.EndAsync(close);
        }
    }

    /// <summary>What an actor calls: one statement on one of its connections; the first value of its first row.</summary>
    public async Task<object?> ExecuteAsync(string sql, int number = 0)
    {
        if (!_connections.TryGetValue(number, out var connection) || !connection.IsOpen)
        {
            _connections[number] = connection = await DirectConnection.OpenAsync(database, number);
        }

        if (sql.StartsWith("BEGIN", StringComparison.Ordinal))
        {
            await connection.RunAsync(sql);
            return null;
        }

        var splits = !connection.IsInTransaction && Settings.Autocommit == Scenarios.AutocommitMode.Split && !(sql.StartsWith("SELECT", StringComparison.Ordinal) && !sql.Contains(" FOR ", StringComparison.Ordinal));
        if (!splits)
        {
            return await HoldAsync(connection, sql, isAutocommit: !connection.IsInTransaction);
        }

        await connection.RunAsync("BEGIN");
        var value = await HoldAsync(connection, sql, isAutocommit: false);
        await HoldAsync(connection, "COMMIT", isAutocommit: false);
        return value;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections.Values)
        {
            await connection.EndAsync(close: true);
        }

        _run.Dispose();
    }

    private async Task<object?> HoldAsync(DirectConnection connection, string sql, bool isAutocommit)
    {
        var held = new DirectStatement(connection, sql, isAutocommit);
        var run = _run.Token;
        await _arrived.Writer.WriteAsync(held, CancellationToken.None);
        return await held.Answer.WaitAsync(run);
    }
}

/// <summary>A statement that waits at a <see cref="DirectGate"/>.</summary>
internal sealed class DirectStatement(DirectConnection connection, string sql, bool isAutocommit) : IHeldStatement
{
    private readonly TaskCompletionSource<object?> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<object?> Answer => _answer.Task;

    public int Connection => connection.Number;

    public int BackendPid => connection.Pid;

    public StepKind Kind => sql switch { "COMMIT" => StepKind.Commit, "ROLLBACK" => StepKind.Rollback, _ => StepKind.Statement };

    public string Sql => sql;

    public IReadOnlyList<string?> Parameters => [];

    public bool IsAutocommit => isAutocommit;

    public async Task<StatementResult> ReleaseAsync()
    {
        var (result, value, failure) = await connection.RunAsync(sql);
        if (failure is null)
        {
            _answer.TrySetResult(value);
        }
        else
        {
            _answer.TrySetException(failure);
        }

        return result;
    }
}
