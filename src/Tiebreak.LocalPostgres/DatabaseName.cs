using System.Text.RegularExpressions;

namespace Tiebreak.LocalPostgres;

/// <summary>Names that mean the same with and without quotes, so that no statement has to escape them.</summary>
internal static partial class DatabaseName
{
    internal static void Check(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!Form().IsMatch(name))
        {
            throw new ArgumentException(
                $"'{name}' cannot name a database here: a lower-case letter or underscore, then up to 62 lower-case letters, digits and underscores.",
                nameof(name));
        }
    }

    [GeneratedRegex("^[a-z_][a-z0-9_]{0,62}\\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Form();
}
