using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Operations;
using Tiebreak.Server.Systems;
using Tiebreak.Server.Tests.Invites;
using Tiebreak.Server.Tests.Points;
using Tiebreak.Server.Tests.Tickets;

namespace Tiebreak.Server.Tests.Guards;

public sealed class LocalLocksGuard : GuardUnderTest
{
    internal override IGuard<SystemDb> Create(IDbContextFactory<SystemDb> contexts, NpgsqlDataSource source, TimeProvider time) =>
        new LocalLockGuard<SystemDb>(contexts, Waiting, time);
}

public sealed class InvitesOnLocalLocks(ServerOn<LocalLocksGuard> server) : InviteRaceTests(server), IClassFixture<ServerOn<LocalLocksGuard>>;

public sealed class TicketsOnLocalLocks(ServerOn<LocalLocksGuard> server) : TicketRaceTests(server), IClassFixture<ServerOn<LocalLocksGuard>>;

public sealed class PointsOnLocalLocks(ServerOn<LocalLocksGuard> server) : PointsRaceTests(server), IClassFixture<ServerOn<LocalLocksGuard>>;
