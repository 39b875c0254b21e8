namespace Tiebreak.Races.Scenarios;

/// <summary>Code that is given something which is opened for it and disposed after it.</summary>
internal static class Opened
{
    public static Func<string, CancellationToken, Task> Of<T>(Func<string, T> open, Func<T, Task> run)
    {
        ArgumentNullException.ThrowIfNull(open);
        ArgumentNullException.ThrowIfNull(run);
        return async (database, _) =>
        {
            var opened = open(database);
            try
            {
                await run(opened).ConfigureAwait(false);
            }
            finally
            {
                await DisposeAsync(opened).ConfigureAwait(false);
            }
        };
    }

    private static ValueTask DisposeAsync<T>(T opened)
    {
        switch (opened)
        {
            case IAsyncDisposable disposable:
                return disposable.DisposeAsync();
            case IDisposable disposable:
                disposable.Dispose();
                break;
        }

        return ValueTask.CompletedTask;
    }
}
