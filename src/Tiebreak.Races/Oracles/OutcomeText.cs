using System.Text;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Oracles;

/// <summary>All that is compared of an outcome as one text, which two outcomes share only when they are the same to the letter.</summary>
internal static class OutcomeText
{
    public static string Of(Outcome outcome, IEnumerable<int> who)
    {
        var text = new StringBuilder();
        foreach (var actor in who.Order())
        {
            text.Append(actor);
            Add(text, outcome.Ends[actor].Answer.Text);
        }

        foreach (var (name, rows) in outcome.Tables.OrderBy(table => table.Key, StringComparer.Ordinal))
        {
            Add(text, name);
            foreach (var row in rows.Rows)
            {
                text.Append('|');
                foreach (var value in row)
                {
                    Add(text, value);
                }
            }
        }

        return text.ToString();
    }

    /// <summary>With its length, so that no value can be taken for two.</summary>
    private static void Add(StringBuilder text, string? value)
    {
        if (value is null)
        {
            text.Append('-');
        }
        else
        {
            text.Append(value.Length).Append(':').Append(value);
        }
    }
}
