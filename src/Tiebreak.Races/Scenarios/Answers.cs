using System.Text.Json;
using Npgsql;

namespace Tiebreak.Races.Scenarios;

/// <summary>What an actor in this process returned or threw, as an answer.</summary>
internal static class Answers
{
    public static Func<string, CancellationToken, Task<ActorAnswer>> Of(Func<string, CancellationToken, Task<object?>> run, Func<object?, bool> isBusy) =>
        async (connectionString, cancellationToken) =>
        {
            try
            {
                var answer = await run(connectionString, cancellationToken).ConfigureAwait(false);
                return new ActorAnswer(JsonSerializer.Serialize(answer), isBusy(answer));
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw;
            }
#pragma warning disable CA1031 // Whatever the operation throws is what its caller is told.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                var sqlState = SqlStateOf(exception);
                var error = sqlState is null ? $"{exception.GetType().Name}: {exception.Message}" : $"{exception.GetType().Name} ({sqlState}): {exception.Message}";
                return new ActorAnswer(JsonSerializer.Serialize(new { error = exception.GetType().Name, sqlState }), Error: error, SqlState: sqlState);
            }
        };

    private static string? SqlStateOf(Exception? exception) => exception switch
    {
        null => null,
        PostgresException postgres => postgres.SqlState,
        _ => SqlStateOf(exception.InnerException),
    };
}
