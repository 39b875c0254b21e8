using Tiebreak.Races.Resetting;

namespace Tiebreak.Races.Exploring;

/// <summary>Rows that changed though no trigger of the scratch database saw it: then it is not known who depends on whom.</summary>
internal static class Untracked
{
    /// <summary>Why nothing can be said, by what was seen so far; <see langword="null"/> when all is well.</summary>
    public static string? In(ScratchDatabase database) => database.UntrackedTables is { Count: > 0 } tables
        ? $"Rows of {string.Join(", ", tables)} changed, and no trigger of the scratch database saw who wrote them, so which statements depend on each other is not known. Let the actors write with triggers on: session_replication_role and ALTER TABLE ... DISABLE TRIGGER turn them off."
        : null;

    /// <summary>The same after a look at all tables, which are put back to the start.</summary>
    public static async Task<string?> LookAsync(ScratchDatabase database, CancellationToken cancellationToken)
    {
        await database.VerifyAsync(cancellationToken).ConfigureAwait(false);
        return In(database);
    }
}
