namespace Tiebreak.Server.Tests.Support;

/// <summary>The program that the docs call the server with.</summary>
public static class Curl
{
    public const string Missing = "curl is not installed: apt-get install curl";

    public static bool IsInstalled { get; } = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Any(folder => File.Exists(Path.Combine(folder, "curl")));
}
