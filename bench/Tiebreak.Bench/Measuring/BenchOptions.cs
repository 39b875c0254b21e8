using System.Globalization;

namespace Tiebreak.Bench.Measuring;

/// <summary>What stands behind the suite's name on the command line.</summary>
internal sealed record BenchOptions
{
    public const string Usage = "[--json FILE] [--seconds N] [--rounds N] [--callers N,N] [--keys N,N] [--records N,N] [--flush-ms N]";

    /// <summary>Where to write the figures; nowhere when left out.</summary>
    public string? Json { get; init; }

    /// <summary>How long each contender is measured in a case, over all rounds. 5 by default.</summary>
    public double Seconds { get; init; } = 5;

    /// <summary>Into how many rounds that is divided. 5 by default.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>Only these numbers of callers, or of connections; all of the suite's when left out.</summary>
    public IReadOnlyList<int>? Callers { get; init; }

    /// <summary>Only these numbers of keys; all of the suite's when left out.</summary>
    public IReadOnlyList<int>? Keys { get; init; }

    /// <summary>Only these numbers of records behind a key, of the suite <c>grown</c>; all of its own when left out.</summary>
    public IReadOnlyList<int>? Records { get; init; }

    /// <summary>
    /// How much longer each flush to disk takes than it does here, at most 100; nothing by default. PostgreSQL's own
    /// <c>commit_delay</c>, before every flush and not only under load: a disk of another kind, on the same machine.
    /// </summary>
    public double FlushMs { get; init; }

    public TimeSpan RoundLength => TimeSpan.FromSeconds(Seconds / Rounds);

    /// <summary>What PostgreSQL is started with.</summary>
    public IReadOnlyDictionary<string, string> Settings
    {
        get
        {
            var settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["max_connections"] = "300" };
            if (FlushMs > 0)
            {
                settings["commit_siblings"] = "0";
                settings["commit_delay"] = ((int)(FlushMs * 1000)).ToString(CultureInfo.InvariantCulture);
            }

            return settings;
        }
    }

    /// <exception cref="FormatException">An option is unknown or its value is none.</exception>
    public static BenchOptions Read(IReadOnlyList<string> arguments)
    {
        var options = new BenchOptions();
        for (var i = 0; i < arguments.Count; i += 2)
        {
            var option = arguments[i];
            var value = i + 1 < arguments.Count ? arguments[i + 1] : throw new FormatException($"{option} needs a value.");
            options = option switch
            {
                "--json" => options with { Json = value },
                "--seconds" => options with { Seconds = Number(option, value) },
                "--rounds" => options with { Rounds = Whole(option, value) },
                "--callers" => options with { Callers = Wholes(option, value) },
                "--keys" => options with { Keys = Wholes(option, value) },
                "--records" => options with { Records = Wholes(option, value) },
                "--flush-ms" => options with { FlushMs = Number(option, value) is <= 100 and var ms ? ms : throw new FormatException($"{option} takes at most 100.") },
                _ => throw new FormatException($"{option} is no option: {Usage}"),
            };
        }

        return options;
    }

    private static double Number(string option, string value) =>
        double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new FormatException($"{option} takes a number over zero, and not '{value}'.");

    private static int Whole(string option, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new FormatException($"{option} takes whole numbers over zero, and not '{value}'.");

    private static IReadOnlyList<int> Wholes(string option, string value) => [.. value.Split(',').Select(one => Whole(option, one))];
}
