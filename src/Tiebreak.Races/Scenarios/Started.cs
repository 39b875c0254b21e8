using System.Collections.Concurrent;

namespace Tiebreak.Races.Scenarios;

/// <summary>What an actor keeps between runs: one for each connection string, made when it is first asked for.</summary>
internal sealed class Started<T>(Func<string, Task<T>> start)
{
    private readonly ConcurrentDictionary<string, Lazy<Task<T>>> _started = new(StringComparer.Ordinal);

    public Task<T> For(string connectionString) => _started.GetOrAdd(connectionString, key => new Lazy<Task<T>>(() => start(key))).Value;

    /// <summary>Ends and disposes the one for a connection string.</summary>
    public async ValueTask CloseAsync(string connectionString)
    {
        if (!_started.TryRemove(connectionString, out var started) || !started.IsValueCreated || !started.Value.IsCompletedSuccessfully)
        {
            return;
        }

        switch (await started.Value.ConfigureAwait(false))
        {
            case IAsyncDisposable disposable:
                await disposable.DisposeAsync().ConfigureAwait(false);
                break;
            case IDisposable disposable:
                disposable.Dispose();
                break;
        }
    }
}
