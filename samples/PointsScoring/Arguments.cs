using System.Globalization;

namespace PointsScoring;

/// <summary>The command line: a command, then options with values.</summary>
internal sealed class Arguments(string[] arguments)
{
    public string Command => arguments.Length == 0 ? "demo" : arguments[0];

    public string? Text(string option)
    {
        var at = Array.IndexOf(arguments, "--" + option);
        return at >= 0 && at + 1 < arguments.Length ? arguments[at + 1] : null;
    }

    public int Number(string option, int otherwise) =>
        Text(option) is { } text ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) : otherwise;
}
