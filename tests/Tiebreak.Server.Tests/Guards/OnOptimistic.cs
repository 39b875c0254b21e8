using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Operations;
using Tiebreak.Server.Systems;
using Tiebreak.Server.Tests.Invites;
using Tiebreak.Server.Tests.Points;
using Tiebreak.Server.Tests.Tickets;

namespace Tiebreak.Server.Tests.Guards;

public sealed class OptimisticGuard : GuardUnderTest
{
    internal override IGuard<SystemDb> Create(IDbContextFactory<SystemDb> contexts, NpgsqlDataSource source, TimeProvider time) =>
        new OptimisticGuard<SystemDb>(contexts, Trying, time);
}

public sealed class InvitesOnOptimistic(ServerOn<OptimisticGuard> server) : InviteRaceTests(server), IClassFixture<ServerOn<OptimisticGuard>>;

public sealed class TicketsOnOptimistic(ServerOn<OptimisticGuard> server) : TicketRaceTests(server), IClassFixture<ServerOn<OptimisticGuard>>;

public sealed class PointsOnOptimistic(ServerOn<OptimisticGuard> server) : PointsRaceTests(server), IClassFixture<ServerOn<OptimisticGuard>>;
