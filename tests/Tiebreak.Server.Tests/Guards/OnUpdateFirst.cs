using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Operations;
using Tiebreak.Server.Systems;
using Tiebreak.Server.Tests.Invites;
using Tiebreak.Server.Tests.Points;
using Tiebreak.Server.Tests.Tickets;

namespace Tiebreak.Server.Tests.Guards;

public sealed class UpdateFirstGuard : GuardUnderTest
{
    internal override IGuard<SystemDb> Create(IDbContextFactory<SystemDb> contexts, NpgsqlDataSource source, TimeProvider time) =>
        new UpdateFirstGuard<SystemDb>(contexts, Waiting, time);
}

public sealed class InvitesOnUpdateFirst(ServerOn<UpdateFirstGuard> server) : InviteRaceTests(server), IClassFixture<ServerOn<UpdateFirstGuard>>;

public sealed class TicketsOnUpdateFirst(ServerOn<UpdateFirstGuard> server) : TicketRaceTests(server), IClassFixture<ServerOn<UpdateFirstGuard>>;

public sealed class PointsOnUpdateFirst(ServerOn<UpdateFirstGuard> server) : PointsRaceTests(server), IClassFixture<ServerOn<UpdateFirstGuard>>;
