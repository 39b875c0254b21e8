using Tiebreak.Architecture.Tests.Support;

namespace Tiebreak.Architecture.Tests.Sql;

/// <summary>
/// SQL stands in the library, in migrations, and in what the explorer does to its scratch databases and on the wire;
/// elsewhere in src only in the files named here.
/// </summary>
public sealed class SqlPlacesTests
{
    private static readonly Dictionary<string, string> Allowed = new(StringComparer.Ordinal)
    {
        ["src/Tiebreak.LocalPostgres/Connections.cs"] = "asks a server that was just started, and makes databases",
        ["src/Tiebreak.LocalPostgres/LocalPostgresServer.cs"] = "makes databases",
        ["src/Tiebreak.Races.Cli/Actors/SqlActor.cs"] = "sends the statements of a scenario's file, and ends their transactions",
        ["src/Tiebreak.Races.Cli/Commands/Doctor.cs"] = "asks whether a role may create databases",
        ["src/Tiebreak.Races/Explaining/ConstraintFixes.cs"] = "writes the constraints that are tried as fixes",
        ["src/Tiebreak.Races/Explaining/FirstLocks.cs"] = "writes the locks that are tried as fixes",
        ["src/Tiebreak.Races/Explaining/History.cs"] = "knows the tag of a commit that was none",
        ["src/Tiebreak.Races/Oracles/Writes.cs"] = "knows the tag of a commit that was none",
        ["src/Tiebreak.Races/Scheduling/ActorRun.cs"] = "knows the tag of a commit that was none",
        ["src/Tiebreak.Races/Scheduling/Dependencies/FootprintReader.cs"] = "tells by a statement's first word what it touches",
        ["src/Tiebreak.Races/Scheduling/Dependencies/TraceFootprints.cs"] = "knows the tag of a commit that was none",
        ["src/Tiebreak.Server/Http/WriteProbe.cs"] = "asks whether the database answers, and whether it writes",
        ["src/Tiebreak.Server/Invites/AcceptInvite.cs"] = "finds the latest invite of each closed code",
        ["src/Tiebreak.Server/Invites/CreateInvite.cs"] = "finds the invites of a batch's repetitions by pairs of code and generation",
        ["src/Tiebreak.Server/Invites/InviteReconcile.cs"] = "recounts every use and membership, grouped and outer-joined",
        ["src/Tiebreak.Server/Systems/DecisionTime.cs"] = "asks the database what time it is",
        ["src/Tiebreak.Server/Storage/SchemaUpdate.cs"] = "locks the schema while it is updated",
        ["src/Tiebreak.Server/Storage/SqlMigration.cs"] = "sends the migrations' files",
        ["src/Tiebreak.Server/Points/AccountRows.cs"] = "finds the entries of a batch's repetitions by pairs of account and number",
        ["src/Tiebreak.Server/Points/PointsReconcile.cs"] = "recounts every entry, grouped and outer-joined",
        ["src/Tiebreak.Server/Tickets/DueHolds.cs"] = "finds the oldest holds that are over, so many of all events",
        ["src/Tiebreak.Server/Tickets/EventRows.cs"] = "finds the bookings and seats of a batch by pairs of event and id",
        ["src/Tiebreak.Server/Tickets/SaleRows.cs"] = "adds up what buyers have",
        ["src/Tiebreak.Server/Tickets/TicketReconcile.cs"] = "recounts every booking, grouped and outer-joined",
    };

    private static readonly string[] Folders = ["src/Tiebreak/", "src/Tiebreak.Races/Resetting/", "src/Tiebreak.Races/Wire/"];

    private static IEnumerable<SourceFile> Elsewhere => Repository.Files
        .Where(file => file.StartsWith("src/", StringComparison.Ordinal) && !Array.Exists(Folders, folder => file.StartsWith(folder, StringComparison.Ordinal)))
        .Where(file => file.EndsWith(".cs", StringComparison.Ordinal) || file.EndsWith(".razor", StringComparison.Ordinal))
        .Select(Repository.Read);

    [Fact]
    public void SQL_stands_in_no_other_file() =>
        Assert.Empty(Elsewhere.Where(file => !Allowed.ContainsKey(file.Path)).SelectMany(file => SqlText.Find(file).Select(sql => $"{file.Path}: {sql}")));

    [Fact]
    public void Every_named_file_has_SQL() =>
        Assert.Equal(Allowed.Keys.Order(StringComparer.Ordinal), Elsewhere.Where(file => Allowed.ContainsKey(file.Path) && SqlText.Find(file).Any()).Select(file => file.Path));

    [Fact]
    public void SQL_files_are_migrations() =>
        Assert.All(
            Repository.Files.Where(file => file.StartsWith("src/", StringComparison.Ordinal) && file.EndsWith(".sql", StringComparison.Ordinal)),
            file => Assert.StartsWith("src/Tiebreak.Server/Storage/Migrations/", file, StringComparison.Ordinal));

    [Theory]
    [InlineData("""db.Stocks.FromSql($"anything")""")]
    [InlineData("""db.Database.ExecuteSqlRawAsync(text)""")]
    [InlineData("""command.CommandText = text""")]
    [InlineData("""source.CreateCommand(text)""")]
    [InlineData("""new NpgsqlCommand(text)""")]
    [InlineData("""migrationBuilder.Sql(text)""")]
    [InlineData("\"SELECT 1\"")]
    [InlineData("\"select id from stocks\"")]
    [InlineData("\"\"\"\n  WITH late AS (SELECT 1)\n  SELECT 2\n  \"\"\"")]
    [InlineData("\"INSERT INTO stocks VALUES (1)\"")]
    [InlineData("$\"UPDATE {table} SET quantity = 0\"")]
    [InlineData("\"DELETE FROM stocks\"")]
    [InlineData("\"CREATE UNIQUE INDEX i ON stocks (id)\"")]
    [InlineData("\"SET LOCAL lock_timeout = 1\"")]
    [InlineData("\"SELECT pg_advisory_lock(1)\"")]
    [InlineData("\"COMMIT\"")]
    public void SQL_in_another_file_is_found(string expression) =>
        Assert.NotEmpty(SqlText.Find(new SourceFile("src/Tiebreak.Server/Stock.cs", $"class Stock {{ object Run() => {expression}; }}")));

    [Theory]
    [InlineData("// SELECT 1 FROM stocks")]
    [InlineData("/// <summary>DELETE FROM stocks</summary>")]
    [InlineData("string Text => \"Update your client.\";")]
    [InlineData("string Text => \"The commit\";")]
    public void Prose_and_comments_are_no_SQL(string member) =>
        Assert.Empty(SqlText.Find(new SourceFile("src/Tiebreak.Server/Stock.cs", $"class Stock {{ {member}\n }}")));
}
