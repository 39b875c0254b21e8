using System.Globalization;

namespace Tiebreak.Bench.Measuring;

/// <summary>What stands behind the suite's name on the command line.</summary>
/// <param name="Json">Where to write the figures; nowhere when left out.</param>
/// <param name="Seconds">How long each contender is measured in a case, over all rounds.</param>
/// <param name="Rounds">Into how many rounds that is divided.</param>
/// <param name="Callers">Only these numbers of callers; all of the suite's when left out.</param>
/// <param name="Keys">Only these numbers of keys; all of the suite's when left out.</param>
/// <param name="Records">How many records stand behind the key that has many; of the suite <c>grown</c>.</param>
internal sealed record BenchOptions(string? Json, double Seconds, int Rounds, IReadOnlyList<int>? Callers, IReadOnlyList<int>? Keys, int Records)
{
    public TimeSpan RoundLength => TimeSpan.FromSeconds(Seconds / Rounds);

    /// <exception cref="FormatException">An option is unknown or its value is none.</exception>
    public static BenchOptions Read(IReadOnlyList<string> arguments)
    {
        var options = new BenchOptions(null, 5, 5, null, null, 1_000_000);
        for (var i = 0; i < arguments.Count; i += 2)
        {
            var value = i + 1 < arguments.Count ? arguments[i + 1] : throw new FormatException($"{arguments[i]} needs a value.");
            options = arguments[i] switch
            {
                "--json" => options with { Json = value },
                "--seconds" => options with { Seconds = Number(arguments[i], value) },
                "--rounds" => options with { Rounds = (int)Number(arguments[i], value) },
                "--callers" => options with { Callers = [.. value.Split(',').Select(one => (int)Number(arguments[i], one))] },
                "--keys" => options with { Keys = [.. value.Split(',').Select(one => (int)Number(arguments[i], one))] },
                "--records" => options with { Records = (int)Number(arguments[i], value) },
                _ => throw new FormatException($"{arguments[i]} is no option."),
            };
        }

        return options;
    }

    private static double Number(string option, string value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new FormatException($"{option} takes a number over zero, and not '{value}'.");
}
