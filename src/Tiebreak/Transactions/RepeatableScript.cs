using System.Text.RegularExpressions;

namespace Tiebreak.Transactions;

/// <summary>
/// Statements that create what does not exist, sent by several servers at their starts. <c>IF NOT EXISTS</c> alone lets two
/// sessions look at once, and the second then fails on PostgreSQL's own catalog (23505); so one waits for the other.
/// </summary>
internal static partial class RepeatableScript
{
    // "tiebreak" in ASCII: one lock for all of these scripts in a database, held until the script's transaction ends.
    private const long Lock = 0x7469656272656173;

    /// <summary>The script with the lock in front and every CREATE conditional. Sent as one command it is one transaction.</summary>
    public static string Of(string script) =>
        FormattableString.Invariant($"SELECT pg_advisory_xact_lock({Lock});\n") + CreatePattern().Replace(script, "$0IF NOT EXISTS ");

    [GeneratedRegex(@"^CREATE (?:TABLE|UNIQUE INDEX|INDEX) (?!IF NOT EXISTS)", RegexOptions.Multiline | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex CreatePattern();
}
