namespace Tiebreak.LocalPostgres.Tests;

/// <summary>How a line of /proc/ID/stat is read.</summary>
public sealed class ServerProcessTests
{
    [Theory]
    [InlineData("17 (postgres) S 1 17 17 0 -1 4194304 101 0 0 0 0 0 0 0 20 0 1 0 1111821 3133440 382 0", true)]
    [InlineData("17 (postgres: a) b)) R 1 17 17 0 -1 4194304 101 0 0 0 0 0 0 0 20 0 1 0 1111821 3133440 382 0", true)]
    [InlineData("17 (sleep) S 1 17 17 0 -1 4194304 101 0 0 0 0 0 0 0 20 0 1 0 1111821 3133440 382 0", false)]
    [InlineData("17 (postgres) Z 1 17 17 0 -1 4194304 101 0 0 0 0 0 0 0 20 0 1 0 1111821 0 0 0", false)]
    [InlineData("17 (postgres) R 1 17 17 0 -1 4194304 101 0 0 0 0 0 0 0 20 0 1 0 1111821 0 0 0", false)]
    public void Process_that_has_given_back_its_memory_runs_no_program(string stat, bool expected) =>
        Assert.Equal(expected, ServerProcess.IsRunningPostgres(stat));
}
