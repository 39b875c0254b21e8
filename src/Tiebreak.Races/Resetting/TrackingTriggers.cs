using System.Text;

namespace Tiebreak.Races.Resetting;

/// <summary>
/// Triggers that report each row that is written to the session that writes it. They use INFO, which reaches the client
/// whatever client_min_messages says (https://www.postgresql.org/docs/current/runtime-config-logging.html), and the relay
/// takes it out of the stream again.
/// </summary>
internal static class TrackingTriggers
{
    // Triggers of one kind fire in the order of their names, bytewise, and these should see what the others did.
    public const string Row = "~~tiebreak_row";

    public const string Truncate = "~~tiebreak_truncate";

    // Settings of the session that writes must not change how a value is printed.
    public const string MakeFunction = $"""
        CREATE EXTENSION IF NOT EXISTS plpgsql;
        CREATE SCHEMA IF NOT EXISTS {SqlText.OwnSchema};
        CREATE OR REPLACE FUNCTION {SqlText.OwnSchema}.report() RETURNS trigger LANGUAGE plpgsql
        SET timezone = 'UTC' SET bytea_output = 'hex' SET intervalstyle = 'postgres' SET extra_float_digits = 1 AS $report$
        BEGIN
          IF TG_OP = 'INSERT' THEN
            RAISE INFO USING MESSAGE = 'tiebreak:row', DETAIL = pg_catalog.json_build_object('table', TG_ARGV[0], 'old', NULL, 'new', pg_catalog.to_json(NEW));
          ELSIF TG_OP = 'UPDATE' THEN
            RAISE INFO USING MESSAGE = 'tiebreak:row', DETAIL = pg_catalog.json_build_object('table', TG_ARGV[0], 'old', pg_catalog.to_json(OLD), 'new', pg_catalog.to_json(NEW));
          ELSIF TG_OP = 'DELETE' THEN
            RAISE INFO USING MESSAGE = 'tiebreak:row', DETAIL = pg_catalog.json_build_object('table', TG_ARGV[0], 'old', pg_catalog.to_json(OLD), 'new', NULL);
          ELSE
            RAISE INFO USING MESSAGE = 'tiebreak:row', DETAIL = pg_catalog.json_build_object('table', TG_ARGV[0], 'old', NULL, 'new', NULL);
          END IF;
          RETURN NULL;
        END $report$;
        """;

    public const string Remove = $"DROP SCHEMA IF EXISTS {SqlText.OwnSchema} CASCADE";

    public static string Install(IEnumerable<StageTable> tables)
    {
        var sql = new StringBuilder();
        foreach (var table in tables)
        {
            var name = SqlText.Literal(table.Name);

            // A partitioned table hands its row triggers down, its statement triggers not.
            sql.Append(null, $"CREATE OR REPLACE TRIGGER {SqlText.Name(Row)} AFTER INSERT OR UPDATE OR DELETE ON {table.Quoted} FOR EACH ROW EXECUTE FUNCTION {SqlText.OwnSchema}.report({name});\n");
            foreach (var relation in table.Truncatable)
            {
                sql.Append(null, $"CREATE OR REPLACE TRIGGER {SqlText.Name(Truncate)} AFTER TRUNCATE ON {relation} FOR EACH STATEMENT EXECUTE FUNCTION {SqlText.OwnSchema}.report({name});\n");
            }
        }

        return sql.ToString();
    }
}
