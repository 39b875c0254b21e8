using Tiebreak.Races.Wire;

namespace Tiebreak.Races.Tests.Wire;

/// <summary>Lets every statement of a gate go as it comes, and writes down what it saw.</summary>
internal sealed class ReleasingScheduler : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<(IHeldStatement Statement, StatementResult Result)> _steps = [];
    private readonly List<string> _texts = [];
    private readonly Task _running;

    public ReleasingScheduler(ActorRelay relay, GateSettings? settings = null)
    {
        relay.BeginRun(settings ?? new GateSettings());
        _running = RunAsync(relay);
    }

    public IReadOnlyList<(IHeldStatement Statement, StatementResult Result)> Steps
    {
        get
        {
            lock (_steps)
            {
                return [.. _steps];
            }
        }
    }

    /// <summary>Kind and text of each step, in order.</summary>
    public IReadOnlyList<string> Texts
    {
        get
        {
            lock (_steps)
            {
                return [.. _texts];
            }
        }
    }

    private async Task RunAsync(ActorRelay relay)
    {
        try
        {
            while (true)
            {
                var statement = await relay.NextAsync(_stop.Token);
                // Before it goes: the client may go on as soon as it has.
                lock (_steps)
                {
                    _texts.Add($"{statement.Kind}: {statement.Sql}");
                }

                var result = await statement.ReleaseAsync().WaitAsync(TimeSpan.FromSeconds(8), _stop.Token);
                lock (_steps)
                {
                    _steps.Add((statement, result));
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or InvalidOperationException)
        {
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }
}
