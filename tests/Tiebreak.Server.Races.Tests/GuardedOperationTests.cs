namespace Tiebreak.Server.Races.Tests;

/// <summary>Every operation against every other that may share rows with it, in every relevant order of their statements.</summary>
public sealed class GuardedOperationTests
{
    public static IEnumerable<TheoryDataRow<string, string>> Guarded =>
        from guard in new[] { Guards.RowLock, Guards.Lane }
        from system in Systems.All
        select new TheoryDataRow<string, string>(guard, system.Name);

    [Theory]
    [MemberData(nameof(Guarded))]
    public async Task Every_two_operations_hold_under_the_guard(string guard, string name)
    {
        var system = Systems.All.Single(one => one.Name == name);
        var schedules = 0;
        foreach (var (first, second) in system.Pairs)
        {
            var report = await OperationRace.ExploreAsync(guard, system.Given, first, second);
            Assert.True(report.Verdict == Verdict.Holds, $"{first} | {second}: {report.ToText()}");
            Assert.True(report.Exhausted);
            Assert.All(report.OneAtATime.SelectMany(order => order.Answers), answer => Assert.DoesNotContain("\"error\"", answer, StringComparison.Ordinal));
            schedules += report.Schedules;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{system.Pairs.Count()} pairs, {schedules} schedules");
    }

    public static IEnumerable<TheoryDataRow<string>> Operations =>
        from system in Systems.All
        from operation in system.Operations
        select new TheoryDataRow<string>(operation.Name);

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task Each_operation_breaks_against_some_other_without_a_guard(string name)
    {
        var system = Systems.All.Single(one => one.Operations.Any(operation => operation.Name == name));
        var operation = system.Operations.Single(one => one.Name == name);
        foreach (var other in system.Operations)
        {
            var report = await OperationRace.ExploreAsync(Guards.None, system.Given, operation, other);
            if (report.Verdict == Verdict.Broken)
            {
                TestContext.Current.TestOutputHelper?.WriteLine($"against: {other}");
                return;
            }
        }

        Assert.Fail($"No race was found for '{name}' without a guard.");
    }
}
