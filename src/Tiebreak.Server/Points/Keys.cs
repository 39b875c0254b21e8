namespace Tiebreak.Server.Points;

/// <summary>What the changes of points contend on.</summary>
internal static class Keys
{
    public static string Account(string accountId) => "account/" + accountId;

    public static string Program(string programId) => "program/" + programId;
}
