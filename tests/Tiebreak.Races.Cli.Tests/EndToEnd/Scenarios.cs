namespace Tiebreak.Races.Cli.Tests.EndToEnd;

/// <summary>Scenarios of SQL actors.</summary>
internal static class Scenarios
{
    /// <summary>Two who book and then write down how many bookings they see: each may overlook the other's.</summary>
    /// <param name="database">The member <c>"database"</c>, or empty for a private PostgreSQL.</param>
    /// <param name="behindTheRead">A locking clause, or nothing.</param>
    /// <param name="more">Further members.</param>
    public static string Booking(string database = "", string behindTheRead = "", string more = "") => Of([database, more], $$"""
        "schema": ["CREATE TABLE concert (id int PRIMARY KEY, booked int NOT NULL)", "CREATE TABLE booking (id serial PRIMARY KEY, who text NOT NULL)"],
        "given": ["INSERT INTO concert VALUES (1, 0)"],
        "actors": [ {{Booker("alice", behindTheRead)}}, {{Booker("bob", behindTheRead)}} ]
        """);

    /// <summary>More orders than can be run while somebody waits.</summary>
    public static string Endless(string database = "") => Of([database], $$"""
        "schema": ["CREATE TABLE concert (id int PRIMARY KEY, booked int NOT NULL)"],
        "given": ["INSERT INTO concert VALUES (1, 0)"],
        "actors": [ {{string.Join(", ", new[] { "alice", "bob", "carol", "dave" }.Select(Reader))}} ]
        """);

    private static string Of(IReadOnlyList<string> members, string rest) =>
        $"{{ {string.Join(",\n", members.Where(member => member.Length > 0).Append(rest))} }}";

    private static string Booker(string name, string behindTheRead) => $$"""
        { "name": "{{name}}", "sql": ["BEGIN", "SELECT booked FROM concert WHERE id = 1 {{behindTheRead}}", "INSERT INTO booking (who) VALUES ('{{name}}')", "UPDATE concert SET booked = (SELECT count(*) FROM booking) WHERE id = 1", "COMMIT"] }
        """;

    private static string Reader(string name) => $$"""
        { "name": "{{name}}", "sql": ["BEGIN", {{string.Join(", ", Enumerable.Repeat("\"SELECT booked FROM concert\"", 8))}}, "COMMIT"] }
        """;
}
