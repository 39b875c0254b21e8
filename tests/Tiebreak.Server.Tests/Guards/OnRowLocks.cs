using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Operations;
using Tiebreak.Server.Systems;
using Tiebreak.Server.Tests.Invites;
using Tiebreak.Server.Tests.Points;
using Tiebreak.Server.Tests.Tickets;

namespace Tiebreak.Server.Tests.Guards;

public sealed class RowLocksGuard : GuardUnderTest
{
    internal override IGuard<SystemDb> Create(IDbContextFactory<SystemDb> contexts, NpgsqlDataSource source, TimeProvider time) =>
        new RowLockGuard<SystemDb>(contexts, Waiting, time);
}

public sealed class InvitesOnRowLocks(ServerOn<RowLocksGuard> server) : InviteRaceTests(server), IClassFixture<ServerOn<RowLocksGuard>>;

public sealed class TicketsOnRowLocks(ServerOn<RowLocksGuard> server) : TicketRaceTests(server), IClassFixture<ServerOn<RowLocksGuard>>;

public sealed class PointsOnRowLocks(ServerOn<RowLocksGuard> server) : PointsRaceTests(server), IClassFixture<ServerOn<RowLocksGuard>>;

public sealed class CodeReuseOnRowLocks(ServerOn<RowLocksGuard> server) : CodeReuseRaceTests(server), IClassFixture<ServerOn<RowLocksGuard>>;

public sealed class HoldsOnRowLocks(ServerOn<RowLocksGuard> server) : HoldTests(server), IClassFixture<ServerOn<RowLocksGuard>>;

public sealed class PointsContractOnRowLocks(ServerOn<RowLocksGuard> server) : PointsContractTests(server), IClassFixture<ServerOn<RowLocksGuard>>;

public sealed class TicketContractOnRowLocks(ServerOn<RowLocksGuard> server) : TicketContractTests(server), IClassFixture<ServerOn<RowLocksGuard>>;
