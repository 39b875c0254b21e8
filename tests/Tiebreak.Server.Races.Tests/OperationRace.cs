using Tiebreak.Transactions;

namespace Tiebreak.Server.Races.Tests;

/// <summary>Two operations that meet, each on a server of its own.</summary>
internal static class OperationRace
{
    public static Race Of(string guard, IReadOnlyList<string> given, ServerOperation first, ServerOperation second) => Race.OnPrivatePostgres()
        .Schema(Schema.Sql)
        .Given([.. given])
        .Busy(answer => answer is "busy")
        .TryFixes(false)
        .Actor("first", (database, cancellationToken) => RunAsync(first, database, guard, cancellationToken))
        .Actor("second", (database, cancellationToken) => RunAsync(second, database, guard, cancellationToken));

    private static async Task<object?> RunAsync(ServerOperation operation, string database, string guard, CancellationToken cancellationToken)
    {
        try
        {
            return await operation.RunAsync(OperationServer.On(database, guard), cancellationToken);
        }
        catch (BusyException)
        {
            return "busy";
        }
    }
}
