using System.Text;

namespace Tiebreak.Races.Scheduling.Dependencies;

/// <summary>
/// Cuts SQL into pieces, by PostgreSQL's lexical rules (https://www.postgresql.org/docs/current/sql-syntax-lexical.html).
/// </summary>
internal sealed class SqlTokenizer(string sql)
{
    private readonly List<SqlToken> _tokens = [];
    private int _at;

    /// <summary>The pieces, or <see langword="null"/> when something does not end.</summary>
    public static IReadOnlyList<SqlToken>? Read(string sql) => new SqlTokenizer(sql).Read();

    private List<SqlToken>? Read()
    {
        while (_at < sql.Length)
        {
            if (!ReadOne())
            {
                return null;
            }
        }

        return _tokens;
    }

    private bool ReadOne()
    {
        var next = sql[_at];
        var after = _at + 1 < sql.Length ? sql[_at + 1] : '\0';
        switch (next)
        {
            case var _ when char.IsWhiteSpace(next):
                _at++;
                return true;
            case '-' when after == '-':
                var end = sql.IndexOf('\n', _at);
                _at = end < 0 ? sql.Length : end + 1;
                return true;
            case '/' when after == '*':
                return SkipComment();
            case '\'':
                return ReadQuoted('\'', SqlTokenKind.Text, backslashes: false);
            case 'e' or 'E' when after == '\'':
                _at++;
                return ReadQuoted('\'', SqlTokenKind.Text, backslashes: true);
            case '"':
                return ReadQuoted('"', SqlTokenKind.Name, backslashes: false);
            case '$' when char.IsAsciiDigit(after):
                _at++;
                Add(SqlTokenKind.Parameter, char.IsAsciiDigit);
                return true;
            case '$':
                return ReadDollarQuoted();
            case var _ when char.IsLetter(next) || next == '_':
                Add(SqlTokenKind.Word, static letter => char.IsLetterOrDigit(letter) || letter is '_' or '$');
                return true;
            case var _ when char.IsAsciiDigit(next) || (next == '.' && char.IsAsciiDigit(after)):
                Add(SqlTokenKind.Number, static letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_');
                return true;
            default:
                _tokens.Add(new SqlToken(SqlTokenKind.Sign, next.ToString()));
                _at++;
                return true;
        }
    }

    private void Add(SqlTokenKind kind, Func<char, bool> belongs)
    {
        var start = _at;
        while (_at < sql.Length && belongs(sql[_at]))
        {
            _at++;
        }

        var text = sql[start.._at];
        _tokens.Add(new SqlToken(kind, kind == SqlTokenKind.Word ? text.ToLowerInvariant() : text));
    }

    private bool ReadQuoted(char quote, SqlTokenKind kind, bool backslashes)
    {
        var text = new StringBuilder();
        var isEscaped = false;
        for (_at++; _at < sql.Length; _at++)
        {
            if (backslashes && sql[_at] == '\\' && _at + 1 < sql.Length)
            {
                isEscaped = true;
                _at++;
            }
            else if (sql[_at] != quote)
            {
                text.Append(sql[_at]);
            }
            else if (_at + 1 < sql.Length && sql[_at + 1] == quote)
            {
                text.Append(sql[_at++]);
            }
            else
            {
                _at++;
                // What an escape stands for is not worked out: such a string is compared with nothing.
                _tokens.Add(isEscaped ? new SqlToken(SqlTokenKind.Sign, "\\") : new SqlToken(kind, text.ToString()));
                return true;
            }
        }

        return false;
    }

    private bool ReadDollarQuoted()
    {
        var close = sql.IndexOf('$', _at + 1);
        if (close < 0)
        {
            return false;
        }

        var tag = sql[_at..(close + 1)];
        var end = sql.IndexOf(tag, close + 1, StringComparison.Ordinal);
        if (end < 0)
        {
            return false;
        }

        _tokens.Add(new SqlToken(SqlTokenKind.Text, sql[(close + 1)..end]));
        _at = end + tag.Length;
        return true;
    }

    private bool SkipComment()
    {
        var depth = 0;
        while (_at + 1 < sql.Length)
        {
            var two = sql.AsSpan(_at, 2);
            depth += two is "/*" ? 1 : two is "*/" ? -1 : 0;
            _at += two is "/*" or "*/" ? 2 : 1;
            if (depth == 0)
            {
                return true;
            }
        }

        return false;
    }
}
