using Npgsql;
using Tiebreak.Races.Findings;
using Tiebreak.Races.Scenarios;

namespace Tiebreak.Races.Resetting;

/// <summary>Runs what a user wrote to set the stage: scripts, and code.</summary>
internal static class SetUp
{
    /// <exception cref="RaceException">A part of it failed; the message says which.</exception>
    public static Task RunAsync(ScratchPlace place, string what, IReadOnlyList<SetUpStep> steps, CancellationToken cancellationToken) => steps.Count == 0 ? Task.CompletedTask : place.RunAsync(
        async connection =>
        {
            for (var i = 0; i < steps.Count; i++)
            {
                var which = steps.Count == 1 ? $"The {what} script" : $"The {what} script number {i + 1} of {steps.Count}";
                if (steps[i].RunAsync is { } run)
                {
                    await RunAsync(run, place, what, cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    await Script.RunAsync(connection, which, steps[i].Sql!, cancellationToken).ConfigureAwait(false);
                }
            }
        },
        cancellationToken);

    private static async Task RunAsync(Func<string, CancellationToken, Task> run, ScratchPlace place, string what, CancellationToken cancellationToken)
    {
        try
        {
            // No connection of it stays open: the database is going to be dropped.
            await run(new NpgsqlConnectionStringBuilder(place.UserConnectionString) { Pooling = false }.ConnectionString, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // Whatever the user's code throws is what is wrong with the set-up.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            throw new RaceException($"The code of the {what} failed: {exception.GetType().Name}: {exception.Message}", exception);
        }
    }
}
