using Tiebreak.Server.Storage;

namespace Tiebreak.Server.Races.Tests;

/// <summary>The server's tables, as its migrations make them.</summary>
internal static class Schema
{
    public static readonly string[] Sql =
    [
        .. from name in typeof(TiebreakDb).Assembly.GetManifestResourceNames()
           where name.EndsWith(".sql", StringComparison.Ordinal)
           orderby name
           select Read(name),
    ];

    private static string Read(string name)
    {
        using var reader = new StreamReader(typeof(TiebreakDb).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
