using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Operations;
using Tiebreak.Server.Systems;
using Tiebreak.Server.Tests.Invites;
using Tiebreak.Server.Tests.Points;
using Tiebreak.Server.Tests.Tickets;

namespace Tiebreak.Server.Tests.Guards;

public sealed class AdvisoryLocksGuard : GuardUnderTest
{
    internal override IGuard<SystemDb> Create(IDbContextFactory<SystemDb> contexts, NpgsqlDataSource source, TimeProvider time) =>
        new AdvisoryLockGuard<SystemDb>(contexts, Waiting, time);
}

public sealed class InvitesOnAdvisoryLocks(ServerOn<AdvisoryLocksGuard> server) : InviteRaceTests(server), IClassFixture<ServerOn<AdvisoryLocksGuard>>;

public sealed class TicketsOnAdvisoryLocks(ServerOn<AdvisoryLocksGuard> server) : TicketRaceTests(server), IClassFixture<ServerOn<AdvisoryLocksGuard>>;

public sealed class PointsOnAdvisoryLocks(ServerOn<AdvisoryLocksGuard> server) : PointsRaceTests(server), IClassFixture<ServerOn<AdvisoryLocksGuard>>;
