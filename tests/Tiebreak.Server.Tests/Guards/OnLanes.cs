using Tiebreak.Server.Tests.Invites;
using Tiebreak.Server.Tests.Points;
using Tiebreak.Server.Tests.Support;
using Tiebreak.Server.Tests.Tickets;

namespace Tiebreak.Server.Tests.Guards;

public sealed class InvitesOnLanes(ServerFixture server) : InviteRaceTests(server), IClassFixture<ServerFixture>;

public sealed class TicketsOnLanes(ServerFixture server) : TicketRaceTests(server), IClassFixture<ServerFixture>;

public sealed class PointsOnLanes(ServerFixture server) : PointsRaceTests(server), IClassFixture<ServerFixture>;

public sealed class CodeReuseOnLanes(ServerFixture server) : CodeReuseRaceTests(server), IClassFixture<ServerFixture>;

public sealed class HoldsOnLanes(ServerFixture server) : HoldTests(server), IClassFixture<ServerFixture>;

public sealed class PointsContractOnLanes(ServerFixture server) : PointsContractTests(server), IClassFixture<ServerFixture>;

public sealed class TicketContractOnLanes(ServerFixture server) : TicketContractTests(server), IClassFixture<ServerFixture>;

/// <summary>As many lanes as a machine with eight processors has: a request of several keys then sits in the lane of its first.</summary>
public sealed class FourLanes(Tiebreak.Testing.PostgresCluster cluster) : ServerFixture(cluster)
{
    public override int Many => 200;

    protected override void Configure(Microsoft.Extensions.Configuration.IConfiguration configuration) => configuration["Guard:Lanes"] = "4";
}

public sealed class InvitesOnFourLanes(FourLanes server) : InviteRaceTests(server), IClassFixture<FourLanes>;

public sealed class TicketsOnFourLanes(FourLanes server) : TicketRaceTests(server), IClassFixture<FourLanes>;

public sealed class PointsOnFourLanes(FourLanes server) : PointsRaceTests(server), IClassFixture<FourLanes>;
