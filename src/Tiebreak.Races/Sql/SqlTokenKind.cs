namespace Tiebreak.Races.Sql;

/// <summary>What a token is.</summary>
internal enum SqlTokenKind
{
    /// <summary>A keyword or a name that is not quoted, in lower case.</summary>
    Word,

    /// <summary>A name in double quotes.</summary>
    QuotedName,

    /// <summary>A string, in single quotes or dollars.</summary>
    Text,

    /// <summary>A number, without its sign.</summary>
    Number,

    /// <summary><c>$1</c>.</summary>
    Parameter,

    /// <summary>Anything else, one character each.</summary>
    Symbol,
}
