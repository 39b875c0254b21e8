namespace Tiebreak.Races.Wire;

/// <summary>A piece of SQL.</summary>
internal readonly record struct SqlToken(SqlTokenKind Kind, string Text)
{
    /// <summary>Whether it is this word, given in lower case.</summary>
    public bool Is(string word) => Kind is SqlTokenKind.Word && Text == word;

    /// <summary>Whether it is this character.</summary>
    public bool Is(char symbol) => Kind is SqlTokenKind.Symbol && Text[0] == symbol;
}
