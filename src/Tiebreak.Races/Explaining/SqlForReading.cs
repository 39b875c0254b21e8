using System.Globalization;
using System.Text;
using Tiebreak.Races.Sql;

namespace Tiebreak.Races.Explaining;

/// <summary>A statement as people want to see it: on one line, without comments, its parameters written in.</summary>
internal static class SqlForReading
{
    public static string Of(string sql, IReadOnlyList<string?> parameters)
    {
        var text = new StringBuilder(sql.Length);
        var end = 0;
        foreach (var token in SqlLexer.Read(sql))
        {
            if (text.Length > 0 && token.Start > end)
            {
                text.Append(' ');
            }

            text.Append(token.Kind == SqlTokenKind.Parameter ? Value(token.Text, parameters) : sql[token.Start..token.End]);
            end = token.End;
        }

        return text.ToString().TrimEnd(';', ' ');
    }

    // A parameter without text is NULL or of a form that is not known; its number says at least which one it is.
    private static string Value(string parameter, IReadOnlyList<string?> parameters)
    {
        if (!int.TryParse(parameter.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || number < 1 || number > parameters.Count || parameters[number - 1] is not { } value)
        {
            return parameter;
        }

        return IsPlain(value) ? value : $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";
    }

    private static bool IsPlain(string value) =>
        value is "true" or "false" || (value.Length is > 0 and < 30 && (char.IsAsciiDigit(value[0]) || (value[0] == '-' && value.Length > 1))
            && value.Skip(1).All(letter => char.IsAsciiDigit(letter) || letter == '.'));
}
