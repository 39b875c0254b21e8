using System.Globalization;

namespace Tiebreak.Races.Sql;

/// <summary>A piece of a statement; comments and white space are none.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Start">Where it begins in the statement.</param>
/// <param name="End">One past its last character.</param>
/// <param name="Text">As it stands there; words in lower case, names and strings without their quotes.</param>
/// <param name="Depth">How many parentheses are open around it; a parenthesis itself has the depth outside.</param>
internal readonly record struct SqlToken(SqlTokenKind Kind, int Start, int End, string Text, int Depth)
{
    /// <summary>Whether a string's or a name's text is not what stands there: it has escapes, or it writes bits or bytes.</summary>
    public bool IsEncoded { get; init; }

    /// <summary>Whether it can name something.</summary>
    public bool IsName => Kind is SqlTokenKind.Word or SqlTokenKind.QuotedName;

    /// <summary>Whether it is this word, given in lower case.</summary>
    public bool Is(string word) => Kind is SqlTokenKind.Word && Text == word;

    /// <summary>Whether it is this character.</summary>
    public bool Is(char symbol) => Kind is SqlTokenKind.Symbol && Text[0] == symbol;

    /// <summary>A constant's or a parameter's value as text; <see langword="null"/> for anything else and for what is not known.</summary>
    public string? Value(IReadOnlyList<string?> parameters) => Kind switch
    {
        SqlTokenKind.Number => Text,
        SqlTokenKind.Text when !IsEncoded => Text,
        SqlTokenKind.Parameter when int.TryParse(Text.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) => parameters.ElementAtOrDefault(number - 1),
        SqlTokenKind.Word when Text is "true" or "false" => Text,
        _ => null,
    };
}
