namespace Tiebreak.Races.Scenarios;

/// <summary>A part of what sets the stage: a script, or code that is told the scratch database's connection string.</summary>
internal sealed record SetUpStep(string? Sql, Func<string, CancellationToken, Task>? RunAsync = null)
{
    public static implicit operator SetUpStep(string sql) => new(sql);
}
