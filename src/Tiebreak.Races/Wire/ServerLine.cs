namespace Tiebreak.Races.Wire;

/// <summary>What a connection says to the server: the client's messages, and the gate's own between them.</summary>
internal sealed class ServerLine(Stream server, BackendPump pump, CancellationToken stop) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);

    public BackendPump Pump => pump;

    /// <summary>Completes with the answer to what the client sent last.</summary>
    public Task Sent { get; set; } = Task.CompletedTask;

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        await _turn.WaitAsync(stop).ConfigureAwait(false);
        try
        {
            await server.WriteAsync(bytes, stop).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Asks the server something that the client is not told of.</summary>
    public async Task<Answer> AskAsync(string sql, HeldStatement? step = null, bool givesKept = false)
    {
        pump.Expect(new Expected(ExpectedKind.Execute) { IsOurs = true, Step = step, EndsAtSync = true, GivesKept = givesKept });
        var sync = pump.Expect(new Expected(ExpectedKind.Sync) { IsOurs = true, Step = step, GivesKept = givesKept });
        await WriteAsync(Injected.Statement(sql)).ConfigureAwait(false);
        return new Answer(sync.Done);
    }

    public async Task BeginAsync()
    {
        var begun = await AskAsync("BEGIN").ConfigureAwait(false);
        await begun.Done.ConfigureAwait(false);
    }

    public void Dispose() => _turn.Dispose();
}
