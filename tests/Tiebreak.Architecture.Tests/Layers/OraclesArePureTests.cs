using System.Reflection;
using Tiebreak.Architecture.Tests.Support;

namespace Tiebreak.Architecture.Tests.Layers;

/// <summary>The explorer's Oracles and Explaining see traces and outcomes: no connection, clock or task.</summary>
public sealed class OraclesArePureTests
{
    private static readonly string[] Pure = ["Oracles", "Explaining"];

    [Fact]
    public void Oracles_and_explanations_see_traces_and_nothing_else() => Assert.Empty(Find(Built.Races));

    [Fact]
    public void There_are_oracles_to_look_at() =>
        Assert.Superset(new HashSet<string>(["Judge", "Anomalies"], StringComparer.Ordinal), TypesOf(Built.Races).Select(type => type.Name).ToHashSet(StringComparer.Ordinal));

    [Theory]
    [InlineData("static int Rows(Npgsql.NpgsqlConnection connection) => 1;", "NpgsqlConnection")]
    [InlineData("static bool IsOver(TimeProvider time) => time.GetUtcNow().Year > 2030;", "TimeProvider")]
    [InlineData("static bool IsOver() => DateTime.UtcNow.Year > 2030;", "get_UtcNow")]
    [InlineData("static Task<int> JudgeAsync() => Task.FromResult(1);", "Task`1")]
    [InlineData("static void Judge(object o) { lock (o) { } }", "Monitor")]
    public void An_oracle_that_sees_more_is_found(string member, string expected)
    {
        var found = Find(CompiledText.Compile($$"""namespace Tiebreak.Races.Oracles { internal static class StockOracle { {{member}} } }"""));

        Assert.Contains(found, use => use.Type.Name == expected || use.Member?.Name == expected);
    }

    private static List<Use> Find(Assembly assembly) => [.. TypesOf(assembly).SelectMany(TypeUses.Of).Where(use => !IsIsolationLevel(use.Type) && Forbidden.IsImpure(use))];

    // A value like any other, though it lives beside the connections.
    private static bool IsIsolationLevel(Type type) => (Nullable.GetUnderlyingType(type) ?? type) == typeof(System.Data.IsolationLevel);

    private static IEnumerable<Type> TypesOf(Assembly assembly) =>
        TypeUses.Outermost(assembly).Where(type => Array.Exists(Pure, folder => type.Namespace == $"Tiebreak.Races.{folder}"));
}
