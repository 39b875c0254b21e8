using System.Text.RegularExpressions;

namespace Tiebreak.Races.Oracles;

/// <summary>In which lines two outcomes differ.</summary>
internal static partial class Differences
{
    /// <summary>What the first has and the second has not, then the other way round.</summary>
    /// <remarks>Lines that differ only in the number of an id are left out unless there are no others: one row more moves them all.</remarks>
    public static IReadOnlyList<string> Between(CanonicalOutcome expected, CanonicalOutcome happened)
    {
        if (expected.Lines.SequenceEqual(happened.Lines, StringComparer.Ordinal))
        {
            (expected, happened) = (new CanonicalOutcome(expected.Implied, []), new CanonicalOutcome(happened.Implied, []));
        }

        var missing = Without(expected.Lines, happened.Lines, line => line);
        var added = Without(happened.Lines, expected.Lines, line => line);
        var plainlyMissing = Without(missing, added, WithoutNumbers);
        var plainlyAdded = Without(added, missing, WithoutNumbers);
        if (plainlyMissing.Count + plainlyAdded.Count > 0)
        {
            (missing, added) = (plainlyMissing, plainlyAdded);
        }

        return [.. missing.Select(line => "- " + line), .. added.Select(line => "+ " + line)];
    }

    private static List<string> Without(IEnumerable<string> lines, IEnumerable<string> others, Func<string, string> seenAs)
    {
        var left = others.GroupBy(seenAs, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal);
        return [.. lines.Where(line => !left.TryGetValue(seenAs(line), out var count) || (left[seenAs(line)] = count - 1) < 0)];
    }

    private static string WithoutNumbers(string line) => IdNumber().Replace(line, "#");

    [GeneratedRegex("#[0-9]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex IdNumber();
}
