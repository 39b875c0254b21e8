using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Tiebreak.Server.Storage;

[DbContext(typeof(TiebreakDb))]
[Migration("20261120_1_Invites")]
internal sealed class InvitesMigration : SqlMigration;
