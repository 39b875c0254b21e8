using System.Text;

namespace Tiebreak.Races.Sql;

/// <summary>
/// Cuts SQL into tokens as PostgreSQL does (https://www.postgresql.org/docs/current/sql-syntax-lexical.html), so that a
/// word in a string, in a comment or in a quoted name is never taken for one of the statement.
/// </summary>
internal sealed class SqlLexer
{
    private readonly string _sql;
    private int _at;
    private int _depth;
    private bool _isWhole = true;

    private SqlLexer(string sql) => _sql = sql;

    /// <summary>The tokens; a string or a comment without an end goes to the end of the text.</summary>
    public static IReadOnlyList<SqlToken> Read(string sql) => [.. Stream(sql)];

    /// <summary>The tokens, or <see langword="null"/> when a string or a comment has no end.</summary>
    public static IReadOnlyList<SqlToken>? ReadWhole(string sql)
    {
        var lexer = new SqlLexer(sql);
        List<SqlToken> tokens = [.. lexer.Tokens()];
        return lexer._isWhole ? tokens : null;
    }

    /// <summary>The tokens one by one, for texts that may be long.</summary>
    public static IEnumerable<SqlToken> Stream(string sql) => new SqlLexer(sql).Tokens();

    private char Here => _sql[_at];

    private char Next => _at + 1 < _sql.Length ? _sql[_at + 1] : '\0';

    private IEnumerable<SqlToken> Tokens()
    {
        while (_at < _sql.Length)
        {
            if (!Skip())
            {
                yield return Take();
            }
        }
    }

    private bool Skip()
    {
        if (char.IsWhiteSpace(Here))
        {
            _at++;
            return true;
        }

        if (Here == '-' && Next == '-')
        {
            _at = _sql.IndexOf('\n', _at) is >= 0 and var line ? line + 1 : _sql.Length;
            return true;
        }

        if (Here == '/' && Next == '*')
        {
            SkipComment();
            return true;
        }

        return false;
    }

    // Comments stand in one another.
    private void SkipComment()
    {
        var open = 0;
        do
        {
            var step = Here == '/' && Next == '*' ? 1 : Here == '*' && Next == '/' ? -1 : 0;
            open += step;
            _at += step == 0 ? 1 : 2;
        }
        while (open > 0 && _at < _sql.Length);
        _isWhole &= open == 0;
    }

    private SqlToken Take()
    {
        var start = _at;
        switch (Here)
        {
            case '\'' or '"':
                return Quoted(start, isEncoded: false);
            // E'..' knows backslashes; B'..' and X'..' write bits, N'..' is a string of another type.
            case 'e' or 'E' or 'b' or 'B' or 'x' or 'X' or 'n' or 'N' when Next == '\'':
                _at++;
                return Quoted(start, isEncoded: _sql[start] is not ('n' or 'N'), backslashes: _sql[start] is 'e' or 'E');
            case 'u' or 'U' when Next == '&' && _at + 2 < _sql.Length && _sql[_at + 2] is '\'' or '"':
                _at += 2;
                return Quoted(start, isEncoded: true);
            case '$' when char.IsAsciiDigit(Next):
                _at++;
                return While(SqlTokenKind.Parameter, start, char.IsAsciiDigit);
            case '$' when TagEnd() is > 0 and var tagEnd:
                return Dollars(start, tagEnd);
            case var first when char.IsAsciiDigit(first) || (first == '.' && char.IsAsciiDigit(Next)):
                return While(SqlTokenKind.Number, start, static letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_');
            case var first when char.IsLetter(first) || first == '_':
                return While(SqlTokenKind.Word, start, static letter => char.IsLetterOrDigit(letter) || letter is '_' or '$');
            default:
                return Symbol();
        }
    }

    private SqlToken Symbol()
    {
        var symbol = Here;
        _depth = symbol == ')' ? Math.Max(0, _depth - 1) : _depth;
        var token = new SqlToken(SqlTokenKind.Symbol, _at, ++_at, symbol.ToString(), _depth);
        _depth += symbol == '(' ? 1 : 0;
        return token;
    }

    private SqlToken While(SqlTokenKind kind, int start, Func<char, bool> belongs)
    {
        while (_at < _sql.Length && belongs(Here))
        {
            _at++;
        }

        var text = _sql[start.._at];
        return new SqlToken(kind, start, _at, kind is SqlTokenKind.Word ? text.ToLowerInvariant() : text, _depth);
    }

    private SqlToken Quoted(int start, bool isEncoded, bool backslashes = false)
    {
        var quote = Here;
        var kind = quote == '"' ? SqlTokenKind.QuotedName : SqlTokenKind.Text;
        var text = new StringBuilder();
        for (_at++; _at < _sql.Length; _at++)
        {
            if (backslashes && Here == '\\')
            {
                text.Append(Here).Append(Next);
                _at++;
            }
            else if (Here != quote)
            {
                text.Append(Here);
            }
            else if (Next == quote)
            {
                text.Append(quote);
                _at++;
            }
            else
            {
                return new SqlToken(kind, start, ++_at, text.ToString(), _depth) { IsEncoded = isEncoded && (!backslashes || text.ToString().Contains('\\', StringComparison.Ordinal)) };
            }
        }

        return Endless(kind, start, text.ToString());
    }

    // The end of what may be an opening $tag$; -1 when it is none.
    private int TagEnd()
    {
        var end = _at + 1;
        while (end < _sql.Length && (char.IsLetterOrDigit(_sql[end]) || _sql[end] == '_'))
        {
            end++;
        }

        return end < _sql.Length && _sql[end] == '$' ? end + 1 : -1;
    }

    private SqlToken Dollars(int start, int tagEnd)
    {
        var tag = _sql[start..tagEnd];
        var close = _sql.IndexOf(tag, tagEnd, StringComparison.Ordinal);
        if (close < 0)
        {
            return Endless(SqlTokenKind.Text, start, _sql[tagEnd..]);
        }

        _at = close + tag.Length;
        return new SqlToken(SqlTokenKind.Text, start, _at, _sql[tagEnd..close], _depth);
    }

    private SqlToken Endless(SqlTokenKind kind, int start, string text)
    {
        _isWhole = false;
        _at = _sql.Length;
        return new SqlToken(kind, start, _at, text, _depth) { IsEncoded = true };
    }
}
