namespace Tiebreak.Updates;

/// <summary>The two parts of a statement that goes through EF Core as raw SQL: what changes rows, and what selects them.</summary>
internal static class UpsertSql
{
    /// <summary>Stands between the parts; nothing that a model's names or a parameter could bring in.</summary>
    public const string Marker = "-- tiebreak \u0001 rows\n";

    public static (string With, string Rows)? Split(string sql) =>
        sql.IndexOf(Marker, StringComparison.Ordinal) is >= 0 and var at ? (sql[..at], sql[(at + Marker.Length)..]) : null;

    /// <summary>EF Core formats the second part with its parameters, so braces in names are doubled.</summary>
    public static string Raw(string names) =>
        names.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal);
}
