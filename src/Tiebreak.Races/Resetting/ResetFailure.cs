using Npgsql;
using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Resetting;

/// <summary>Says why a scratch database cannot be put back.</summary>
internal static class ResetFailure
{
    public static async Task<RaceException> OfAsync(PostgresException error, StageConnection monitor, CancellationToken cancellationToken)
    {
        var why = error.SqlState switch
        {
            PostgresErrorCodes.LockNotAvailable => "Somebody still holds locks on its tables: " + await LeftBehindAsync(monitor, cancellationToken).ConfigureAwait(false),
            PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn or PostgresErrorCodes.FeatureNotSupported =>
                $"A run must not change the schema. {error.MessageText}",
            _ => $"{error.SqlState} {error.MessageText}",
        };
        return new RaceException($"The scratch database could not be put back to its starting rows. {why}", error);
    }

    private static async Task<string> LeftBehindAsync(StageConnection monitor, CancellationToken cancellationToken)
    {
        var sessions = await monitor.UseAsync(connection => BlockerQuery.FindOpenTransactionsAsync(connection, cancellationToken), cancellationToken).ConfigureAwait(false);
        return sessions.Count == 0 ? "it has let go in the meantime." : string.Join("; ", sessions) + ".";
    }
}
