using Tiebreak.Races.Sql;

namespace Tiebreak.Races.Tests.Sql;

/// <summary>What PostgreSQL takes for one token, and what of it is left when it is cut at the wrong place.</summary>
public sealed class SqlLexerTests
{
    [Theory]
    [InlineData("SELECT Points FROM a.\"My \"\"T\"\"\"", "select points from a . «My \"T\"»")]
    [InlineData("SELECT 'it''s' -- 'no'\n, 'b'", "select 'it's' , 'b'")]
    [InlineData("/* a /* b */ ' */ SELECT /**/ 1", "select 1")]
    [InlineData("SELECT $$it's; $x$ $$, $a$ $$ $a$, $1, a$b", "select 'it's; $x$ ' , ' $$ ' , $1 , a$b")]
    [InlineData("SELECT 1.5e3, .5, t.5, 1_000", "select 1.5e3 , .5 , t .5 , 1_000")]
    [InlineData("SELECT E'\\'; ', N'n', e.x", "select ?\\'; ? , 'n' , e . x")]
    [InlineData("SELECT B'101', x'1F', U&'\\0061', u&\"\\0061\", u & 1", "select ?101? , ?1F? , ?\\0061? , ?\\0061? , u & 1")]
    [InlineData("SELECT E'plain'", "select 'plain'")]
    [InlineData("SELECT größe", "select größe")]
    public void Sql_is_cut_as_the_server_cuts_it(string sql, string tokens)
    {
        var read = SqlLexer.Read(sql);

        Assert.Equal(tokens, string.Join(' ', read.Select(Shown)));
        Assert.All(read, token => Assert.False(string.IsNullOrWhiteSpace(sql[token.Start..token.End])));
        Assert.Equal(read, SqlLexer.ReadWhole(sql)!);
    }

    [Theory]
    [InlineData("SELECT 'open; DROP")]
    [InlineData("SELECT \"open")]
    [InlineData("SELECT /* /* */ 1")]
    [InlineData("SELECT $a$ $b$")]
    [InlineData("SELECT E'\\'")]
    public void What_has_no_end_is_not_whole_and_hides_the_rest(string sql)
    {
        Assert.Null(SqlLexer.ReadWhole(sql));
        Assert.True(SqlLexer.Read(sql).Count <= 2);
    }

    [Fact]
    public void Parentheses_have_the_depth_outside_of_them()
    {
        Assert.Equal([0, 0, 1, 1, 2, 1, 0, 0], SqlLexer.Read("f (a (b)) c").Select(token => token.Depth));
    }

    private static string Shown(SqlToken token) => token switch
    {
        { IsEncoded: true } => $"?{token.Text}?",
        { Kind: SqlTokenKind.Text } => $"'{token.Text}'",
        { Kind: SqlTokenKind.QuotedName } => $"«{token.Text}»",
        _ => token.Text,
    };
}
