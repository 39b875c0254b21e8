namespace Tiebreak.Races.Resetting;

/// <summary>Names and strings as SQL writes them.</summary>
internal static class SqlText
{
    /// <summary>The schema of what a stage adds to a database. No application has one of that name.</summary>
    public const string OwnSchema = "tiebreak_races";

    public static string Name(string name) => "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    public static string Name(string schema, string name) => Name(schema) + "." + Name(name);

    public static string Names(IEnumerable<string> names) => string.Join(", ", names.Select(Name));

    // E'' reads the same whatever standard_conforming_strings says.
    public static string Literal(string value) =>
        "E'" + value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal) + "'";
}
