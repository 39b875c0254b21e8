using Tiebreak.Races.Wire;

namespace Tiebreak.Races.Tests.Wire;

/// <summary>Lets every statement of a gate go as it comes, and writes down what it saw.</summary>
internal sealed class ReleasingScheduler : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<(IHeldStatement Statement, Task<StatementResult> Result)> _steps = [];
    private readonly List<string> _texts = [];
    private readonly Task _running;

    public ReleasingScheduler(ActorRelay relay, GateSettings? settings = null)
    {
        relay.BeginRun(settings ?? new GateSettings());
        _running = RunAsync(relay);
    }

    /// <summary>Each step that was let go with its answer; a client may have its own a moment before it is noted here.</summary>
    public async Task<IReadOnlyList<(IHeldStatement Statement, StatementResult Result)>> StepsAsync()
    {
        (IHeldStatement Statement, Task<StatementResult> Result)[] steps;
        lock (_steps)
        {
            steps = [.. _steps];
        }

        var results = await Task.WhenAll(steps.Select(step => step.Result)).WaitAsync(TimeSpan.FromSeconds(60));
        return [.. steps.Select((step, at) => (step.Statement, results[at]))];
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
                Task<StatementResult> result;
                // The client may go on as soon as it has gone, and its test may look.
                lock (_steps)
                {
                    _texts.Add($"{statement.Kind}: {statement.Sql}");
                    result = statement.ReleaseAsync();
                    _steps.Add((statement, result));
                }

                await result.WaitAsync(TimeSpan.FromSeconds(60), _stop.Token);
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
