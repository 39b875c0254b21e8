using Microsoft.EntityFrameworkCore.Migrations;

namespace Tiebreak.Server.Storage;

/// <summary>A migration that is the SQL file of its name. EF Core's migrator runs it once, under its lock.</summary>
internal abstract class SqlMigration : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        var name = "Tiebreak.Server.Storage.Migrations." + GetType().GetCustomAttributes(typeof(MigrationAttribute), inherit: false).Cast<MigrationAttribute>().Single().Id + ".sql";
        using var stream = typeof(SqlMigration).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The migration's file {name} is not embedded in the assembly.");
        using var reader = new StreamReader(stream);
        migrationBuilder.Sql(reader.ReadToEnd());
    }

    protected override void Down(MigrationBuilder migrationBuilder) =>
        throw new NotSupportedException("The schema only moves forward: a former version is restored from a backup.");
}
