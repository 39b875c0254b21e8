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
