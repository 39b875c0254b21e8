using System.Data;
using System.Text;
using Tiebreak.Races.Cli.Files;
using Tiebreak.Races.Scenarios;

namespace Tiebreak.Races.Cli.Tests;

public sealed class ScenarioReaderTests
{
    private const string TwoActors = """[{ "name": "a", "sql": ["select 1"] }, { "name": "b", "sql": ["select 1"] }]""";

    [Fact]
    public void A_whole_scenario_is_read()
    {
        var file = Read("""
            // With comments.
            {
              "database": "postgresql://me:p%40ss@db:5433/app",
              "schema": ["create table t (id int)"], "given": ["insert into t values (1)"],
              "actors": [
                { "name": "alice", "listen": "127.0.0.1:7001", "http": { "method": "POST", "url": "http://127.0.0.1:8001/x", "headers": { "A": "b" }, "body": "{}" } },
                { "name": "bob", "command": ["python3", "bob.py"] },
                { "name": "carol", "sql": ["begin", "commit"] },
              ],
              "warmup": false, "invariants": [{ "name": "n", "sql": "select true" }], "ignore": ["t.id"],
              "isolation": "repeatable read", "autocommit": "whole", "busy": { "status": [503], "exitCode": [75] },
            }
            """);

        Assert.Equal("Port=5433;Host=db;Database=app;Username=me;Password=p@ss", file.Database);
        Assert.Equal(["alice", "bob", "carol"], file.Actors.Select(actor => actor.Name));
        Assert.Equal((7001, "POST", "{}"), (file.Actors[0].Port, file.Actors[0].Http!.Method, file.Actors[0].Http!.Body));
        Assert.Equal(["python3", "bob.py"], file.Actors[1].Command!);
        Assert.False(file.Warmup);
        Assert.Equal([IsolationLevel.RepeatableRead], file.Isolation);
        Assert.Equal(AutocommitMode.Whole, file.Autocommit);
        Assert.Equal(503, file.BusyStatus.Single());
        Assert.Equal(75, file.BusyExitCodes.Single());
        Assert.Equal("t.id", file.Ignore.Single());
    }

    [Theory]
    [InlineData("{ \"actors\": [", "race.json:1:14: no JSON: ")]
    [InlineData("", "race.json:1:1: no JSON: ")]
    [InlineData("[]", "race.json:1:1: /: is a list. Write an object with ")]
    [InlineData("{}", "race.json:1:1: /: \"actors\" is missing.")]
    [InlineData("{\n  \"acters\": [] }", "race.json:2:3: /acters: \"acters\" is not known here. Write \"actors\".")]
    [InlineData("{ \"surprise\": 1 }", "race.json:1:3: /surprise: \"surprise\" is not known here. Known are ")]
    [InlineData("{ \"actors\": 3 }", "race.json:1:13: /actors: is a number. Write a list of two to four actors.")]
    [InlineData("{ \"actors\": [{ \"name\": \"a\", \"sql\": [\"x\"] }] }", "/actors: there is 1 actor. Write two to four.")]
    [InlineData("{ \"actors\": [1,2,3,4,5] }", "/actors: there are 5 actors. Write two to four.")]
    [InlineData("{ \"actors\": [{ \"sql\": [\"x\"] }, {}] }", "/actors/0: \"name\" is missing.")]
    [InlineData("{ \"actors\": [{ \"name\": \"a\" }, {}] }", "/actors/0: says not what the actor does.")]
    [InlineData("{ \"actors\": [{ \"name\": \"a\", \"sql\": [\"x\"], \"command\": [\"y\"] }, {}] }", "/actors/0: says \"sql\" and \"command\". Keep one of them.")]
    [InlineData("{ \"actors\": [{ \"name\": \"a\", \"sql\": [] }, {}] }", "/actors/0/sql: is empty.")]
    [InlineData("{ \"actors\": [{ \"name\": \"a\", \"sql\": [1] }, {}] }", "/actors/0/sql/0: is a number. Write a string.")]
    [InlineData("{ \"actors\": [{ \"name\": \"a\", \"sql\": [\"x\"] }, { \"name\": \"a\", \"sql\": [\"x\"] }] }", "/actors/1: there is an actor a already.")]
    [InlineData("{ \"actors\": [{ \"name\": \"a\", \"http\": { \"url\": \"http://x/\" } }, {}] }", "/actors/0: \"listen\" is missing.")]
    [InlineData("{ \"actors\": [{ \"name\": \"a\", \"listen\": \"8.8.8.8:1\", \"http\": { \"url\": \"http://x/\" } }, {}] }", "/actors/0/listen: \"8.8.8.8:1\" is no loopback address")]
    [InlineData("{ \"actors\": [{ \"name\": \"a\", \"listen\": \"127.0.0.1:1\", \"http\": { \"url\": \"x\" } }, {}] }", "/actors/0/http/url: \"x\" is no URL.")]
    [InlineData("{ \"actors\": [{ \"name\": \"a\", \"listen\": \"127.0.0.1:1\", \"http\": { } }, {}] }", "/actors/0/http: \"url\" is missing.")]
    [InlineData("{ \"warmup\": \"yes\", \"actors\": ACTORS }", "/warmup: is a string. Write true or false.")]
    [InlineData("{ \"warmup\": true, \"warmup\": true }", "/warmup: \"warmup\" stands here twice.")]
    [InlineData("{ \"isolation\": \"snapshot\", \"actors\": ACTORS }", "/isolation: \"snapshot\" is no isolation level of PostgreSQL. Write \"read committed\"")]
    [InlineData("{ \"autocommit\": \"half\", \"actors\": ACTORS }", "/autocommit: \"half\" is not known. Write \"split\" or \"whole\".")]
    [InlineData("{ \"database\": \"mysql://x\", \"actors\": ACTORS }", "/database: is no connection URL.")]
    [InlineData("{ \"schema\": \"nowhere.sql\", \"actors\": ACTORS }", "/schema: the file nowhere.sql cannot be read:")]
    [InlineData("{ \"ignore\": [\"id\"], \"actors\": ACTORS }", "/ignore/0: \"id\" names no table.")]
    [InlineData("{ \"invariants\": [{ \"name\": \"x\" }], \"actors\": ACTORS }", "/invariants/0: needs \"name\" and \"sql\"")]
    [InlineData("{ \"busy\": { \"status\": [\"503\"] }, \"actors\": ACTORS }", "/busy/status/0: is no whole number.")]
    [InlineData("{ \"busy\": { \"code\": 1 }, \"actors\": ACTORS }", "/busy/code: \"code\" is not known here. Known are \"status\" and \"exitCode\".")]
    public void What_is_wrong_is_said_with_its_place(string text, string message)
    {
        var thrown = Assert.Throws<ScenarioFileException>(() => Read(text.Replace("ACTORS", TwoActors, StringComparison.Ordinal)));

        Assert.StartsWith("race.json:", thrown.Message, StringComparison.Ordinal);
        Assert.Contains(message, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_column_counts_characters_and_not_bytes()
    {
        var thrown = Assert.Throws<ScenarioFileException>(() => Read("{ \"database\": \"postgresql://höst/x\", \"x\": 1 }"));

        Assert.StartsWith("race.json:1:38: /x", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_says_how_to_write_one()
    {
        var thrown = Assert.Throws<ScenarioFileException>(() => ScenarioReader.Read("/nowhere/race.json"));

        Assert.Contains("tiebreak init /nowhere/race.json", thrown.Message, StringComparison.Ordinal);
    }

    private static ScenarioFile Read(string text) => ScenarioReader.Read(JsonSource.Parse("race.json", Encoding.UTF8.GetBytes(text)));
}
