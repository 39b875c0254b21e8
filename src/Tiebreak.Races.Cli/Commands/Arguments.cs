using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Tiebreak.Races.Cli.Commands;

/// <summary>Values of the command line that are no plain texts or numbers.</summary>
internal static class Arguments
{
    /// <summary>A time such as 60s.</summary>
    public static Option<TimeSpan> Time(string name, string description, double usualSeconds) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        CustomParser = result => Time(result, name),
        DefaultValueFactory = _ => TimeSpan.FromSeconds(usualSeconds),
    };

    /// <summary>A rate such as 2/s.</summary>
    public static Option<double> Rate() => new("--rate") { Description = "Requests of each actor over all keys, such as 2/s, 30/m or 100/h.", HelpName = "RATE", CustomParser = Rate, Required = true };

    private static double Rate(ArgumentResult result)
    {
        var text = string.Concat(result.Tokens.Select(token => token.Value));
        var (digits, seconds) = text.Split('/') switch
        {
            [var number, "s"] or [var number] => (number, 1),
            [var number, "m"] => (number, 60),
            [var number, "h"] => (number, 3600),
            _ => ("", 1),
        };
        if (double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var rate) && rate is > 0 and < 1_000_000_000)
        {
            return rate / seconds;
        }

        result.AddError($"--rate: \"{text}\" is no rate. Write one such as 2/s, 30/m or 100/h.");
        return 1;
    }

    private static TimeSpan Time(ArgumentResult result, string name)
    {
        var text = string.Concat(result.Tokens.Select(token => token.Value));
        var (digits, unit) = text switch
        {
            _ when text.EndsWith("ms", StringComparison.Ordinal) => (text[..^2], TimeSpan.FromMilliseconds(1)),
            _ when text.EndsWith('s') => (text[..^1], TimeSpan.FromSeconds(1)),
            _ when text.EndsWith('m') => (text[..^1], TimeSpan.FromMinutes(1)),
            _ when text.EndsWith('h') => (text[..^1], TimeSpan.FromHours(1)),
            _ => (text, TimeSpan.FromSeconds(1)),
        };
        if (double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && (number is > 0 and < 1_000_000 || (number == 0 && name == "--wait")))
        {
            return number * unit;
        }

        result.AddError($"{name}: \"{text}\" is no time. Write one such as 60s, 5m or 500ms.");
        return TimeSpan.FromSeconds(1);
    }
}
