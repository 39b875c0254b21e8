using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Cli.Commands;

/// <summary>Writes a scenario to start from.</summary>
internal static class Init
{
    public static int Run(string path, TextWriter output)
    {
        using var template = typeof(Init).Assembly.GetManifestResourceStream("scenario.json")!;
        try
        {
            using var file = new FileStream(path, FileMode.CreateNew);
            template.CopyTo(file);
        }
        catch (IOException exception) when (File.Exists(path))
        {
            throw new RaceException($"{path} is there already. Give another name, or remove it first.", exception);
        }

        output.WriteLine($"Wrote {path}. Next: tiebreak explore {path}");
        return ExitCode.Holds;
    }
}
