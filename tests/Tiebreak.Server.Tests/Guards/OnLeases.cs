using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Operations;
using Tiebreak.Server.Systems;
using Tiebreak.Server.Tests.Invites;
using Tiebreak.Server.Tests.Points;
using Tiebreak.Server.Tests.Tickets;

namespace Tiebreak.Server.Tests.Guards;

public sealed class LeasesGuard : GuardUnderTest
{
    internal override IGuard<SystemDb> Create(IDbContextFactory<SystemDb> contexts, NpgsqlDataSource source, TimeProvider time) =>
        LeaseDatabase.Guard(contexts, source, time);
}

public sealed class InvitesOnLeases(ServerOn<LeasesGuard> server) : InviteRaceTests(server), IClassFixture<ServerOn<LeasesGuard>>;

public sealed class TicketsOnLeases(ServerOn<LeasesGuard> server) : TicketRaceTests(server), IClassFixture<ServerOn<LeasesGuard>>;

public sealed class PointsOnLeases(ServerOn<LeasesGuard> server) : PointsRaceTests(server), IClassFixture<ServerOn<LeasesGuard>>;
