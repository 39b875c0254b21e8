using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Server.Storage;
using Tiebreak.Testing;

namespace Tiebreak.Server.Tests.Storage;

/// <summary>
/// The migrations are SQL files written by hand: they make exactly the tables that the model describes, and whatever
/// one of the two has alone is shown.
/// </summary>
public sealed class SchemaDriftTests(SchemaDriftTests.TwoDatabases databases) : IClassFixture<SchemaDriftTests.TwoDatabases>
{
    [Fact]
    public async Task The_migrations_make_what_the_model_describes()
    {
        var differences = Catalog.Differences(await databases.ReadMigratedAsync(), await databases.ReadModelAsync());

        Assert.True(differences.Length == 0, "The migrated database and the model differ:\n" + differences);
    }

    [Fact]
    public async Task The_migrated_database_has_tables_and_neither_triggers_nor_functions_nor_sequences()
    {
        var migrated = await databases.ReadMigratedAsync();

        Assert.Contains("table invites", migrated);
        Assert.Contains("column invites.code text collate C not null", migrated);
        Assert.DoesNotContain(migrated, line => line.Split(' ')[0] is "trigger" or "function" or "sequence");
    }

    [Theory]
    [InlineData("ALTER TABLE invites ALTER COLUMN uses TYPE bigint", "column invites.uses bigint not null")]
    [InlineData("ALTER TABLE invites ALTER COLUMN uses DROP NOT NULL", "column invites.uses integer null")]
    [InlineData("ALTER TABLE invites ALTER COLUMN uses SET DEFAULT 7", "column invites.uses integer not null default 7")]
    [InlineData("ALTER TABLE groups ALTER COLUMN name TYPE text COLLATE \"POSIX\"", "column groups.name text collate POSIX not null")]
    [InlineData("ALTER TABLE groups ADD COLUMN note integer", "column groups.note integer null")]
    [InlineData("ALTER TABLE memberships DROP CONSTRAINT \"PK_memberships\", ADD CONSTRAINT \"PK_memberships\" PRIMARY KEY (user_id, group_id)", "constraint memberships.PK_memberships PRIMARY KEY (user_id, group_id)")]
    [InlineData("ALTER TABLE invites DROP CONSTRAINT invites_uses, ADD CONSTRAINT invites_uses CHECK (uses >= 0)", "constraint invites.invites_uses CHECK ((uses >= 0))")]
    [InlineData("ALTER TABLE memberships ADD CONSTRAINT fk FOREIGN KEY (group_id) REFERENCES groups", "constraint memberships.fk FOREIGN KEY (group_id) REFERENCES groups(id)")]
    [InlineData("DROP INDEX invites_active_code; CREATE UNIQUE INDEX invites_active_code ON invites (code)", "index invites CREATE UNIQUE INDEX invites_active_code ON public.invites USING btree (code)")]
    [InlineData("DROP INDEX invites_active_code; CREATE INDEX invites_active_code ON invites (code) WHERE is_active", "index invites CREATE INDEX invites_active_code ON public.invites USING btree (code) WHERE is_active")]
    [InlineData("CREATE TABLE extra (id integer)", "table extra")]
    [InlineData("CREATE SEQUENCE numbers", "sequence numbers")]
    [InlineData("CREATE FUNCTION count_up() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER up BEFORE UPDATE ON invites FOR EACH ROW EXECUTE FUNCTION count_up()", "trigger invites.up")]
    public async Task A_drift_of_the_migrated_database_is_shown(string drift, string expected)
    {
        var differences = Catalog.Differences(await databases.ReadMigratedAsync(drift), await databases.ReadModelAsync());

        Assert.Contains(expected + "   <- migrated only", differences.Split('\n'));
    }

    [Fact]
    public async Task What_only_the_model_has_is_shown_too()
    {
        var differences = Catalog.Differences(await databases.ReadMigratedAsync("DROP TABLE seats"), await databases.ReadModelAsync());

        Assert.Contains("table seats   <- model only", differences.Split('\n'));
    }

    /// <summary>One made by the migrations, one by the model.</summary>
    public sealed class TwoDatabases(PostgresCluster cluster) : IAsyncLifetime
    {
        private string _migrated = string.Empty;
        private string _model = string.Empty;

        public async ValueTask InitializeAsync()
        {
            _migrated = await cluster.CreateDatabaseAsync("migrated");
            await using (var db = Open(_migrated))
            {
                await db.Database.MigrateAsync();
            }

            _model = await cluster.CreateDatabaseAsync("model");
            await using (var db = Open(_model))
            {
                await db.Database.ExecuteSqlRawAsync(db.Database.GenerateCreateScript().Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal));
            }
        }

        /// <summary>The migrated schema, as it would be after a change that is rolled back again.</summary>
        public Task<IReadOnlyList<string>> ReadMigratedAsync(string? drift = null) => ReadAsync(_migrated, drift);

        public Task<IReadOnlyList<string>> ReadModelAsync() => ReadAsync(_model, null);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private static TiebreakDb Open(string connectionString) => new(new DbContextOptionsBuilder<TiebreakDb>().UseNpgsql(connectionString).Options);

        private static async Task<IReadOnlyList<string>> ReadAsync(string connectionString, string? drift)
        {
            await using var connection = new NpgsqlConnection(connectionString);
            await connection.OpenAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            if (drift is not null)
            {
                await using var command = new NpgsqlCommand(drift, connection, transaction);
                await command.ExecuteNonQueryAsync();
            }

            return await Catalog.ReadAsync(connection);
        }
    }
}
