using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Cli.Commands;

/// <summary>Writes a scenario to start from, and beside it the schema by which editors complete and check it.</summary>
internal static class Init
{
    private const string Schema = "tiebreak.schema.json";

    public static int Run(string path, TextWriter output)
    {
        try
        {
            Write("scenario.json", path, FileMode.CreateNew);
        }
        catch (IOException exception) when (File.Exists(path))
        {
            throw new RaceException($"{path} is there already. Give another name, or remove it first.", exception);
        }

        Write(Schema, Path.Combine(Path.GetDirectoryName(path) is { Length: > 0 } folder ? folder : ".", Schema), FileMode.Create);
        output.WriteLine($"Wrote {path}. Next: tiebreak explore {path}");
        return ExitCode.Holds;
    }

    private static void Write(string resource, string path, FileMode mode)
    {
        using var template = typeof(Init).Assembly.GetManifestResourceStream(resource)!;
        using var file = new FileStream(path, mode);
        template.CopyTo(file);
    }
}
