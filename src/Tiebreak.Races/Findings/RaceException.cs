namespace Tiebreak.Races.Findings;

/// <summary>The scenario or its set-up is wrong; the message says what to do.</summary>
public class RaceException : Exception
{
    /// <summary>Says what is wrong and what to do.</summary>
    public RaceException(string message)
        : base(message)
    {
    }

    /// <summary>Says what is wrong and what to do, and what it came from.</summary>
    public RaceException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>For serializers.</summary>
    public RaceException()
    {
    }
}
