namespace Tiebreak.Races.Oracles;

/// <summary>A piece of a text.</summary>
/// <param name="Text">As it stands there; all pieces together are the text.</param>
/// <param name="Kind">What it looks like.</param>
internal readonly record struct TextToken(string Text, TextTokenKind Kind)
{
    /// <summary>Whether somebody may have drawn it at random, so that two that are equal are one and the same.</summary>
    public bool LooksRandom => Kind is TextTokenKind.Uuid || (Kind is TextTokenKind.Token && Text.Length >= 8);
}

/// <summary>What a piece of a text looks like.</summary>
internal enum TextTokenKind
{
    /// <summary>What stands between the others: one character.</summary>
    Separator,

    /// <summary>A number, perhaps with a fraction.</summary>
    Number,

    /// <summary>A date, a time of day, or both.</summary>
    Time,

    /// <summary>A UUID.</summary>
    Uuid,

    /// <summary>Letters only.</summary>
    Word,

    /// <summary>Letters and digits.</summary>
    Token,
}
