using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Tiebreak.Server.Storage;

[DbContext(typeof(TiebreakDb))]
[Migration("20261130_4_DecidedAt")]
internal sealed class DecidedAtMigration : SqlMigration;
