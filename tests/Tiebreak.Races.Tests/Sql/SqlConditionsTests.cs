using Tiebreak.Races.Sql;

namespace Tiebreak.Races.Tests.Sql;

/// <summary>An equality that need not be true makes two statements look independent that are not.</summary>
public sealed class SqlConditionsTests
{
    [Theory]
    [InlineData("a = 1", "a=1", true)]
    [InlineData("t.a = 'x' AND 2 = b AND c = -3 AND d = true", "a=x b=2 c=-3 d=true", true)]
    [InlineData("a = $1 AND b = $2::uuid", "a=p1 b=p2", true)]
    [InlineData("(a = 1 AND (b = 2))", "a=1 b=2", true)]
    [InlineData("a = 1 AND b > 2", "a=1", false)]
    [InlineData("a <= 1 AND b >= 2 AND c != 3 AND d <> 4 AND e => 5", "", false)]
    [InlineData("a = 1 OR b = 2", "", false)]
    [InlineData("a = 1 AND (b = 2 OR c = 3)", "a=1", false)]
    [InlineData("x = 0 AND (a = 1 AND b = 2 OR c = 3)", "x=0", false)]
    [InlineData("NOT a = 1 AND NOT (b = 2)", "", false)]
    [InlineData("a BETWEEN 1 AND b = 2 AND c = 3", "c=3", false)]
    [InlineData("a BETWEEN (1) AND 2 AND c = 3", "c=3", false)]
    [InlineData("CASE WHEN x THEN y AND a = 1 AND z ELSE true END", "", false)]
    [InlineData("a = b AND c = now() AND d = 1 + 1 AND e = NULL", "", false)]
    [InlineData("a = E'\\x' AND b = B'1' AND c = $3", "", false)]
    [InlineData("a = 1 ORDER BY b = 2 LIMIT 3", "a=1", true)]
    [InlineData("a = 1 FOR UPDATE", "a=1", true)]
    public void Only_what_must_be_true_counts(string where, string equalities, bool areAll)
    {
        var conditions = SqlConditions.Of(SqlLexer.Read($"SELECT * FROM t WHERE {where}"), ["p1", "p2"]);

        Assert.Equal(equalities, string.Join(' ', conditions.Equalities.Select(found => $"{found.Key}={found.Value}")));
        Assert.Equal(areAll, conditions.AreAll);
    }

    [Fact]
    public void A_condition_ends_with_its_query()
    {
        var conditions = SqlConditions.Of(SqlLexer.Read("(SELECT * FROM t WHERE a = 1) LIMIT 1"), []);

        Assert.Equal(["a"], conditions.Equalities.Keys);
    }
}
