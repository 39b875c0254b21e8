using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Tiebreak.Server.Storage;

[DbContext(typeof(TiebreakDb))]
[Migration("20261120_3_Points")]
internal sealed class PointsMigration : SqlMigration;
