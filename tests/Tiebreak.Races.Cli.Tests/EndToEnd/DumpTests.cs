using Tiebreak.Testing;

namespace Tiebreak.Races.Cli.Tests.EndToEnd;

/// <summary>Schemas and rows as pg_dump writes them.</summary>
public sealed class DumpTests(PostgresCluster cluster) : IDisposable
{
    private const string Head = """
        --
        -- PostgreSQL database dump
        --

        \restrict W1fsA2ZfKMBAXjzIfuXGObOAz8kG9bqgBpAhLAysiXBjxnR83Qz5KGDoVyzeQVH

        SET statement_timeout = 0;
        SELECT pg_catalog.set_config('search_path', '', false);
        SET check_function_bodies = false;


        """;

    private const string Foot = "\n\n\\unrestrict W1fsA2ZfKMBAXjzIfuXGObOAz8kG9bqgBpAhLAysiXBjxnR83Qz5KGDoVyzeQVH\n";

    private const string Schema = """
        CREATE TABLE public.t (
            id integer NOT NULL,
            n integer,
            note text
        );

        ALTER TABLE public.t OWNER TO somebody_else;
        ALTER TABLE ONLY public.t ADD CONSTRAINT t_pkey PRIMARY KEY (id);
        GRANT SELECT ON TABLE public.t TO somebody_else;
        """;

    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_schema_as_pg_dump_writes_it_leaves_no_search_path_behind()
    {
        await using var explore = await ExploreAsync(Head + Schema + Foot, """["INSERT INTO t VALUES (1, 0)"]""");

        Assert.True(explore.ExitCode == 0, explore.ToString());
    }

    [Fact]
    public async Task Rows_as_pg_dump_writes_them_are_taken_with_COPY()
    {
        _folder.Write("rows.sql", Head + "COPY public.t (id, n, note) FROM stdin;\n1\t0\tit's \\\\ \"quoted\"; not closed\n2\t\\N\t$tag$\n\\.\n\nINSERT INTO public.t VALUES (3, 0, 'behind');" + Foot);

        await using var explore = await ExploreAsync(Head + Schema + Foot, "\"rows.sql\"", "SELECT count(*) = 3 FROM t");

        Assert.True(explore.ExitCode == 0, explore.ToString());
    }

    [Theory]
    [InlineData("\\connect shop\n", "a command of psql at line 1")]
    [InlineData("COPY t FROM stdin;\nnonsense\n\\.\n", "22P02")]
    [InlineData("COPY t FROM '/etc/passwd';", "42501")]
    public async Task What_cannot_be_taken_is_2_with_a_sentence(string rows, string expected)
    {
        _folder.Write("rows.sql", rows);

        await using var explore = await ExploreAsync("CREATE TABLE t (id int PRIMARY KEY, n int, note text)", "\"rows.sql\"");

        Assert.True(explore.ExitCode == 2, explore.ToString());
        Assert.Contains(expected, explore.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", explore.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_schema_that_drops_plpgsql_is_explored()
    {
        _folder.Write("race.json", Scenario("[\"DROP EXTENSION plpgsql\", \"CREATE TABLE t (id int, n int)\"]", "[\"INSERT INTO t VALUES (1, 0)\"]", "SELECT true", ", \"superuser\": true"));

        await using var explore = await CommandProcess.RunAsync(_folder, "explore", "race.json");

        Assert.True(explore.ExitCode == 0, explore.ToString());
    }

    private async Task<CommandProcess> ExploreAsync(string schema, string given, string invariant = "SELECT true")
    {
        _folder.Write("schema.sql", schema);
        _folder.Write("race.json", Scenario("\"schema.sql\"", given, invariant, ", " + WorkFolder.DatabaseMember(await cluster.CreateDatabaseAsync())));
        return await CommandProcess.RunAsync(_folder, "explore", "race.json");
    }

    private static string Scenario(string schema, string given, string invariant, string more) => $$"""
        { "schema": {{schema}}, "given": {{given}}, "invariants": [ { "name": "rows", "sql": "{{invariant}}" } ],
          "actors": [ { "name": "a", "sql": ["UPDATE t SET n = n + 1 WHERE id = 1"] }, { "name": "b", "sql": ["UPDATE t SET n = n + 2 WHERE id = 1"] } ]{{more}} }
        """;
}
