using Tiebreak.Transactions;

using Tiebreak.Races.Findings;

namespace Tiebreak.Server.Races.Tests;

/// <summary>Operations that meet, each on a server of its own.</summary>
internal static class OperationRace
{
    private static readonly string[] Names = ["first", "second", "third"];

    /// <summary>Runs them in every relevant order.</summary>
    public static async Task<RaceReport> ExploreAsync(string guard, IReadOnlyList<string> given, params IReadOnlyList<ServerOperation> operations)
    {
        var race = Race.OnPrivatePostgres().Schema(Schema.Sql).Given([.. given]).Busy(answer => answer is "busy").TryFixes(false);
        foreach (var (name, operation) in Names.Zip(operations))
        {
            var server = OperationServer.Of(name, guard);
            server.Disconnect();
            race = race.Actor(name, (string _, CancellationToken cancellationToken) => RunAsync(operation, server, cancellationToken)).Listen(name, server.Port);
        }

        return await race.ExploreAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<object?> RunAsync(ServerOperation operation, OperationServer server, CancellationToken cancellationToken)
    {
        try
        {
            return await operation.RunAsync(server.Services, cancellationToken);
        }
        catch (BusyException)
        {
            return "busy";
        }
    }
}
