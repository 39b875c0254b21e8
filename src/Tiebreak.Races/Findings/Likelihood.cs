namespace Tiebreak.Races.Findings;

/// <summary>
/// How often two actors that break each other would do so under a rate of requests, measured with their code at its own speed
/// on this machine. Never a reason to call something safe that is broken: load, pauses and a slower disk make the window wider.
/// </summary>
public sealed record Likelihood
{
    /// <summary>The actors, in the order of their distance: the second starts so much later than the first.</summary>
    public IReadOnlyList<string> Actors { get; init; } = [];

    /// <summary>The share that breaks over the time between their starts, added up: as if every start within this window broke.</summary>
    public TimeSpan Window { get; init; }

    /// <summary>The window's least, with 95 % for the sampling and a third for what a machine's speed varies.</summary>
    public TimeSpan WindowLow { get; init; }

    /// <summary>The window's most.</summary>
    public TimeSpan WindowHigh { get; init; }

    /// <summary>Requests a second of each of the two, over all keys.</summary>
    public double Rate { get; init; }

    /// <summary>Over how many keys they spread evenly.</summary>
    public int Keys { get; init; }

    /// <summary>About once in how long it breaks; <see cref="TimeSpan.MaxValue"/> when it never did.</summary>
    public TimeSpan OnceIn => Once(Window);

    /// <summary>The shortest such time within the interval.</summary>
    public TimeSpan OnceInLow => Once(WindowHigh);

    /// <summary>The longest such time within the interval.</summary>
    public TimeSpan OnceInHigh => Once(WindowLow);

    /// <summary>The share that breaks, by the time between the starts.</summary>
    public IReadOnlyList<ShareOfTime> Shares { get; init; } = [];

    /// <summary>Of those that started 150 ms apart, as after a double click.</summary>
    public ShareOfTime? DoubleClick { get; init; }

    /// <summary>Of those that started at once, as in a deliberate burst.</summary>
    public ShareOfTime? Burst { get; init; }

    /// <summary>How many pairs were run.</summary>
    public int Samples { get; init; }

    private TimeSpan Once(TimeSpan window)
    {
        var perSecond = Rate * Rate / Keys * window.TotalSeconds;
        return perSecond > 0 && 1 / perSecond < TimeSpan.MaxValue.TotalSeconds / 2 ? TimeSpan.FromSeconds(1 / perSecond) : TimeSpan.MaxValue;
    }
}

/// <summary>Pairs that were started some time apart.</summary>
/// <param name="From">The least time between the starts; negative when the second actor was first.</param>
/// <param name="To">The most.</param>
/// <param name="Broken">How many broke.</param>
/// <param name="Samples">Of how many.</param>
public sealed record ShareOfTime(TimeSpan From, TimeSpan To, int Broken, int Samples);
