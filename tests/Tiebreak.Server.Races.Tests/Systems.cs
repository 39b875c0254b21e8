namespace Tiebreak.Server.Races.Tests;

/// <summary>The server's systems: starting rows and what may meet on them.</summary>
internal sealed record Systems(string Name, IReadOnlyList<string> Given, IReadOnlyList<ServerOperation> Operations)
{
    public static readonly IReadOnlyList<Systems> All =
    [
        new("invites", InviteOperations.Given, InviteOperations.All),
        new("places", TicketOperations.Given, TicketOperations.All),
        new("seats", TicketOperations.Given, TicketOperations.Seats),
        new("points", PointsOperations.Given, PointsOperations.All),
    ];

    /// <summary>Every two that meet, and each with itself: a request may come twice.</summary>
    public IEnumerable<(ServerOperation First, ServerOperation Second)> Pairs =>
        Operations.SelectMany((first, at) => Operations.Skip(at).Where(first.Meets).Select(second => (first, second)));

    /// <summary>The operation of that name, with the system that it belongs to.</summary>
    public static ServerOperation Operation(string name) => All.SelectMany(system => system.Operations).Single(operation => operation.Name == name);
}
