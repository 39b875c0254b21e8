using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Operations;
using Tiebreak.Server.Systems;
using Tiebreak.Server.Tests.Invites;
using Tiebreak.Server.Tests.Points;
using Tiebreak.Server.Tests.Tickets;

namespace Tiebreak.Server.Tests.Guards;

public sealed class SerializableGuard : GuardUnderTest
{
    internal override IGuard<SystemDb> Create(IDbContextFactory<SystemDb> contexts, NpgsqlDataSource source, TimeProvider time) =>
        new SerializableGuard<SystemDb>(contexts, Trying, time);
}

public sealed class InvitesOnSerializable(ServerOn<SerializableGuard> server) : InviteRaceTests(server), IClassFixture<ServerOn<SerializableGuard>>;

public sealed class TicketsOnSerializable(ServerOn<SerializableGuard> server) : TicketRaceTests(server), IClassFixture<ServerOn<SerializableGuard>>;

public sealed class PointsOnSerializable(ServerOn<SerializableGuard> server) : PointsRaceTests(server), IClassFixture<ServerOn<SerializableGuard>>;
