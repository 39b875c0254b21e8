namespace Tiebreak.Races.Findings;

/// <summary>An exploration did not end with <see cref="Verdict.Holds"/>; the message has the timeline.</summary>
public sealed class RaceFoundException : RaceException
{
    /// <summary>For the report that it was thrown for.</summary>
    public RaceFoundException(string message, RaceReport report)
        : base(message) => Report = report;

    /// <summary>For serializers.</summary>
    public RaceFoundException()
    {
    }

    /// <summary>For serializers.</summary>
    public RaceFoundException(string message)
        : base(message)
    {
    }

    /// <summary>For serializers.</summary>
    public RaceFoundException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>All that was found.</summary>
    public RaceReport? Report { get; }
}
