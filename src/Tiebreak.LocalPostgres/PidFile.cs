using System.Globalization;

namespace Tiebreak.LocalPostgres;

/// <summary>
/// What a server notes about itself, one fact on each line:
/// https://github.com/postgres/postgres/blob/REL_18_STABLE/src/include/utils/pidfile.h.
/// </summary>
internal sealed class PidFile(string dataFolder)
{
    private const int PortLine = 3;
    private const int StatusLine = 7;

    private readonly string _path = Path.Combine(dataFolder, "postmaster.pid");

    internal bool Exists => File.Exists(_path);

    /// <summary>The postmaster's process; null when none is noted.</summary>
    internal int? Process() => NumberOn(Lines(), 0);

    /// <summary>Whether the server says that it takes clients on a port.</summary>
    internal bool IsReadyOn(int port)
    {
        var lines = Lines();
        return NumberOn(lines, PortLine) == port && lines.Length > StatusLine && lines[StatusLine].Trim() is "ready" or "standby";
    }

    internal void Delete() => File.Delete(_path);

    private static int? NumberOn(string[] lines, int line) =>
        lines.Length > line && int.TryParse(lines[line], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private string[] Lines()
    {
        try
        {
            return File.ReadAllLines(_path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
