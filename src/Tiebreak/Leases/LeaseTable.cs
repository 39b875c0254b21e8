using Tiebreak.Transactions;

namespace Tiebreak.Leases;

/// <summary>The leases' table as SQL, for applications without migrations.</summary>
public static class LeaseTable
{
    /// <summary>The table's name where none is given.</summary>
    public const string DefaultName = "leases";

    /// <summary>
    /// The statements that create the table and its index where they do not exist, as
    /// <see cref="LeaseModelBuilderExtensions.UseLeases"/> maps them. The schema has to exist. Sent as one
    /// command they may be run by any number of servers at once.
    /// </summary>
    /// <param name="table">The table's name.</param>
    /// <param name="schema">The table's schema; left to the connection's search path when left out.</param>
    /// <exception cref="ArgumentException">The table's name is empty.</exception>
    public static string CreateScript(string table = DefaultName, string? schema = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(table);
        var name = schema is null ? Quoted(table) : Quoted(schema) + "." + Quoted(table);
        return RepeatableScript.Of($"""
            CREATE TABLE IF NOT EXISTS {name} (
                "name" text NOT NULL,
                "slot" integer NOT NULL,
                "token" bigint NOT NULL,
                "acquisition" uuid NOT NULL,
                "holder" text,
                "expires_at" timestamp with time zone NOT NULL,
                CONSTRAINT {Quoted("PK_" + table)} PRIMARY KEY ("name", "slot")
            );
            CREATE UNIQUE INDEX IF NOT EXISTS {Quoted($"IX_{table}_name_slot_token")} ON {name} ("name", "slot", "token");
            """);
    }

    private static string Quoted(string identifier) => "\"" + identifier.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
}
