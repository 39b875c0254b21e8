using System.Threading.Channels;

namespace Tiebreak.Races.Wire;

/// <summary>A run as one gate sees it.</summary>
internal sealed class GateRun(GateSettings settings)
{
    // As with a statement's answer, whoever waits for a statement goes on at once.
    private readonly Channel<HeldStatement> _arrived = Channel.CreateUnbounded<HeldStatement>(new UnboundedChannelOptions { AllowSynchronousContinuations = true });
    private int _connections;

    public GateSettings Settings => settings;

    public bool IsOver { get; private set; }

    /// <summary>The number of a connection that sends its first statement.</summary>
    public int NumberConnection() => Interlocked.Increment(ref _connections) - 1;

    public void Arrive(HeldStatement statement)
    {
        if (IsOver || !_arrived.Writer.TryWrite(statement))
        {
            statement.Refuse();
        }
    }

    public ValueTask<HeldStatement> NextAsync(CancellationToken cancellationToken) => _arrived.Reader.ReadAsync(cancellationToken);

    /// <summary>Refuses what waits, and what comes.</summary>
    public void End()
    {
        IsOver = true;
        while (_arrived.Reader.TryRead(out var statement))
        {
            statement.Refuse();
        }
    }
}
