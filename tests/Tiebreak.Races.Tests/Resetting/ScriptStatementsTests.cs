using Tiebreak.Races.Resetting;

namespace Tiebreak.Races.Tests.Resetting;

public sealed class ScriptStatementsTests
{
    [Theory]
    [InlineData("SELECT 1; SELECT 2", "SELECT 1|SELECT 2")]
    [InlineData(";; SELECT 1 ;\n", "SELECT 1 ")]
    [InlineData("SELECT 'a;b''c;', \"d;\"; SELECT E'\\';', 1", "SELECT 'a;b''c;', \"d;\"|SELECT E'\\';', 1")]
    [InlineData("-- no; not this\nSELECT 1 -- ;\n; /* ; /* ; */ ; */ SELECT 2", "SELECT 1 -- ;\n|SELECT 2")]
    [InlineData("DO $$ BEGIN; END $$; DO $a$ $$ ; $b$ $a$; SELECT a$b, $1; SELECT 3", "DO $$ BEGIN; END $$|DO $a$ $$ ; $b$ $a$|SELECT a$b, $1|SELECT 3")]
    [InlineData("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; SELECT 4", "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END|SELECT 4")]
    [InlineData("BEGIN; INSERT INTO a VALUES (1); COMMIT", "BEGIN|INSERT INTO a VALUES (1)|COMMIT")]
    [InlineData("SELECT 'open; ", "SELECT 'open; ")]
    public void A_script_is_cut_at_its_semicolons_only(string script, string statements)
    {
        var split = ScriptStatements.Split(script).ToList();

        Assert.Equal(statements.Split('|'), split.Select(statement => statement.Sql));
        Assert.All(split, statement => Assert.Equal(statement.Sql, script.Substring(statement.Start, statement.Sql.Length)));
    }
}
