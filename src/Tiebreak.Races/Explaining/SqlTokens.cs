using System.Collections.Immutable;

namespace Tiebreak.Races.Explaining;

/// <summary>
/// Cuts a statement into tokens as PostgreSQL does (https://www.postgresql.org/docs/current/sql-syntax-lexical.html), so
/// that a word in a string, in a comment or in a quoted name is never taken for one of the statement.
/// </summary>
internal sealed class SqlTokens
{
    private readonly string _sql;
    private readonly List<SqlToken> _tokens = [];
    private int _at;
    private int _depth;

    private SqlTokens(string sql) => _sql = sql;

    public static IReadOnlyList<SqlToken> Of(string sql)
    {
        var tokens = new SqlTokens(sql);
        while (tokens._at < sql.Length)
        {
            tokens.Next();
        }

        return tokens._tokens;
    }

    private void Next()
    {
        var first = _sql[_at];
        if (char.IsWhiteSpace(first))
        {
            _at++;
        }
        else if (Follows("--"))
        {
            var end = _sql.IndexOf('\n', _at);
            _at = end < 0 ? _sql.Length : end + 1;
        }
        else if (Follows("/*"))
        {
            SkipComment();
        }
        else if (first == '\'')
        {
            Quoted(_at, SqlTokenKind.Text, '\'', backslashes: false);
        }
        else if (first == '"')
        {
            Quoted(_at, SqlTokenKind.QuotedName, '"', backslashes: false);
        }
        else if (first == '$')
        {
            Dollar();
        }
        else if (char.IsAsciiDigit(first))
        {
            TakeWhile(SqlTokenKind.Number, static letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_');
        }
        else if (IsNameStart(first))
        {
            Word();
        }
        else
        {
            Symbol(first);
        }
    }

    private void Symbol(char symbol)
    {
        if (symbol == ')')
        {
            _depth = Math.Max(0, _depth - 1);
        }

        Add(SqlTokenKind.Symbol, _at, _at + 1, symbol.ToString());
        if (symbol == '(')
        {
            _depth++;
        }
    }

    private void Word()
    {
        // E'..' knows backslashes; B'..', X'..', N'..' and U&'..' are strings, U&"..." is a name.
        var second = _at + 1 < _sql.Length ? _sql[_at + 1] : '\0';
        if (second == '\'' && "eEbBxXnN".Contains(_sql[_at], StringComparison.Ordinal))
        {
            var start = _at;
            var backslashes = _sql[_at] is 'e' or 'E';
            _at++;
            Quoted(start, SqlTokenKind.Text, '\'', backslashes);
            return;
        }

        if ("uU".Contains(_sql[_at], StringComparison.Ordinal) && second == '&' && _at + 2 < _sql.Length && _sql[_at + 2] is '\'' or '"')
        {
            var start = _at;
            _at += 2;
            Quoted(start, _sql[_at] == '"' ? SqlTokenKind.QuotedName : SqlTokenKind.Text, _sql[_at], backslashes: false);
            return;
        }

        TakeWhile(SqlTokenKind.Word, IsNamePart);
    }

    private void Dollar()
    {
        if (_at + 1 < _sql.Length && char.IsAsciiDigit(_sql[_at + 1]))
        {
            _at++;
            TakeWhile(SqlTokenKind.Parameter, char.IsAsciiDigit, from: _at - 1);
            return;
        }

        var tagEnd = _at + 1;
        while (tagEnd < _sql.Length && IsNamePart(_sql[tagEnd]) && _sql[tagEnd] != '$')
        {
            tagEnd++;
        }

        if (tagEnd >= _sql.Length || _sql[tagEnd] != '$')
        {
            Symbol('$');
            return;
        }

        var tag = _sql[_at..(tagEnd + 1)];
        var close = _sql.IndexOf(tag, tagEnd + 1, StringComparison.Ordinal);
        var end = close < 0 ? _sql.Length : close + tag.Length;
        Add(SqlTokenKind.Text, _at, end, _sql[(tagEnd + 1)..(close < 0 ? _sql.Length : close)]);
    }

    private void Quoted(int start, SqlTokenKind kind, char quote, bool backslashes)
    {
        var content = ImmutableArray.CreateBuilder<char>();
        var at = _at + 1;
        while (at < _sql.Length)
        {
            if (backslashes && _sql[at] == '\\' && at + 1 < _sql.Length)
            {
                content.Add(_sql[at + 1]);
                at += 2;
            }
            else if (_sql[at] != quote)
            {
                content.Add(_sql[at++]);
            }
            else if (at + 1 < _sql.Length && _sql[at + 1] == quote)
            {
                content.Add(quote);
                at += 2;
            }
            else
            {
                break;
            }
        }

        Add(kind, start, Math.Min(at + 1, _sql.Length), new string(content.ToArray()));
    }

    private void SkipComment()
    {
        var open = 0;
        do
        {
            if (Follows("/*"))
            {
                open++;
                _at += 2;
            }
            else if (Follows("*/"))
            {
                open--;
                _at += 2;
            }
            else
            {
                _at++;
            }
        }
        while (open > 0 && _at < _sql.Length);
    }

    private void TakeWhile(SqlTokenKind kind, Func<char, bool> belongs, int from = -1)
    {
        var start = from < 0 ? _at : from;
        var end = _at;
        while (end < _sql.Length && belongs(_sql[end]))
        {
            end++;
        }

        var text = _sql[start..end];
        Add(kind, start, end, kind == SqlTokenKind.Word ? text.ToLowerInvariant() : text);
    }

    private void Add(SqlTokenKind kind, int start, int end, string text)
    {
        _tokens.Add(new SqlToken(kind, start, end, text, _depth));
        _at = end;
    }

    private bool Follows(string text) => string.CompareOrdinal(_sql, _at, text, 0, text.Length) == 0;

    private static bool IsNameStart(char letter) => char.IsLetter(letter) || letter == '_';

    private static bool IsNamePart(char letter) => char.IsLetterOrDigit(letter) || letter is '_' or '$';
}
