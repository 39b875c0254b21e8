using Tiebreak.Races.Traces;
using Tiebreak.Races.Wire;

namespace Tiebreak.Races.Tests.Wire;

/// <summary>A connection that goes away between two looks at it: whoever waits for something of it is told.</summary>
public sealed class LostConnectionTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Answer_that_is_expected_after_the_server_has_gone_is_lost_at_once()
    {
        var pump = new BackendPump(new FrameReader(Stream.Null), Stream.Null);
        await pump.RunAsync(Ct);
        var step = Step();

        var expected = pump.Expect(new Expected(ExpectedKind.Query) { Step = step });

        Assert.True(expected.Done.IsCompleted);
        Assert.Equal("08006", (await step.Result).SqlState);
    }

    [Fact]
    public async Task Statement_that_comes_to_the_gate_after_its_connection_was_closed_does_not_wait()
    {
        using var stop = new CancellationTokenSource();
        using var line = new ServerLine(Stream.Null, new BackendPump(new FrameReader(Stream.Null), Stream.Null), stop.Token);
        var own = new GateTransactions(line, stop.Token);
        var run = new GateRun(new GateSettings());
        await stop.CancelAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(() => own.HoldAsync(run, StepKind.Statement, "SELECT 1", [], isAutocommit: true).WaitAsync(TimeSpan.FromSeconds(60), Ct));

        Assert.True(own.Held!.Result.IsCompleted);
    }

    [Theory]
    [InlineData('Z')]
    [InlineData('C')]
    [InlineData('K')]
    public async Task Message_of_the_server_that_is_too_short_ends_the_connection(char type)
    {
        var pump = new BackendPump(new FrameReader(new MemoryStream([(byte)type, 0, 0, 0, 4])), Stream.Null);

        await Assert.ThrowsAsync<InvalidDataException>(() => pump.RunAsync(Ct));
    }

    private static HeldStatement Step() => new(0, 1, StepKind.Statement, "SELECT 1", [], isAutocommit: true, isolation: null);
}
