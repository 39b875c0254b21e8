namespace Tiebreak.Races.Scheduling;

/// <summary>Nothing can be said of a run; the message says why. Never leaves the runner: it becomes <see cref="Traces.RunEnd.Unknown"/>.</summary>
internal sealed class RunGivenUpException(string reason) : Exception(reason);
