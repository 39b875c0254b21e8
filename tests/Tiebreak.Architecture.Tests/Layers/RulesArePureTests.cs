using System.Reflection;
using Tiebreak.Architecture.Tests.Support;

namespace Tiebreak.Architecture.Tests.Layers;

/// <summary>A type called Rules sees no context, request, guard, lock, clock or task: rows and the time go in, an answer comes out.</summary>
public sealed class RulesArePureTests
{
    [Fact]
    public void Rules_see_rows_and_the_time_and_nothing_else() =>
        Assert.Empty(Find(Built.Server));

    [Fact]
    public void There_are_rules_to_look_at() =>
        Assert.Contains("InviteRules", RulesOf(Built.Server).Select(type => type.Name));

    [Theory]
    [InlineData("static int Left(Microsoft.EntityFrameworkCore.DbContext db) => 1;", "DbContext")]
    [InlineData("sealed class Db : Microsoft.EntityFrameworkCore.DbContext; static object Left(object row) => (Db)row;", "Db")]
    [InlineData("static int Left(Microsoft.AspNetCore.Http.HttpContext request) => 1;", "HttpContext")]
    [InlineData("sealed class Db : Microsoft.EntityFrameworkCore.DbContext; static Tiebreak.Operations.IGuard<Db>? _guard;", "IGuard`1")]
    [InlineData("static IQueryable<string> Left(IQueryable<string> rows) => Tiebreak.RowLocks.RowLockQueryableExtensions.ForUpdate(rows);", "RowLockQueryableExtensions")]
    [InlineData("static void Left(object o) { lock (o) { } }", "Monitor")]
    [InlineData("static readonly Lock Gate = new();", "Lock")]
    [InlineData("static bool IsOver(TimeProvider time) => time.GetUtcNow().Year > 2030;", "TimeProvider")]
    [InlineData("static bool IsOver() { var now = DateTime.UtcNow; return now.Year > 2030; }", "get_UtcNow")]
    [InlineData("static Func<bool> IsOver() => () => DateTimeOffset.UtcNow.Year > 2030;", "get_UtcNow")]
    [InlineData("static long Since() => System.Diagnostics.Stopwatch.GetTimestamp();", "Stopwatch")]
    [InlineData("static long Since() => Environment.TickCount64;", "get_TickCount64")]
    [InlineData("static Guid NewId() => Guid.CreateVersion7();", "CreateVersion7")]
    [InlineData("static async Task<int> LeftAsync() { await Task.Yield(); return 1; }", "Task`1")]
    [InlineData("static bool IsKnown(string code) => System.IO.File.Exists(code);", "File")]
    public void A_rule_that_sees_more_is_found(string member, string expected)
    {
        var found = Find(CompiledText.Compile($$"""internal static class StockRules { {{member}} }"""));

        Assert.Contains(found, use => use.Type.Name == expected || use.Member?.Name == expected);
    }

    [Fact]
    public void The_time_as_a_value_and_an_id_made_of_it_are_no_violation() =>
        Assert.Empty(Find(CompiledText.Compile("internal static class StockRules { static Guid NewId(DateTimeOffset now) => Guid.CreateVersion7(now); }")));

    private static List<Use> Find(Assembly assembly) => [.. RulesOf(assembly).SelectMany(TypeUses.Of).Where(Forbidden.IsImpure)];

    private static IEnumerable<Type> RulesOf(Assembly assembly) => TypeUses.Outermost(assembly).Where(type => type.Name.EndsWith("Rules", StringComparison.Ordinal));
}
