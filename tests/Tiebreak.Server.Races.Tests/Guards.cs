namespace Tiebreak.Server.Races.Tests;

/// <summary>What the operations run under.</summary>
internal static class Guards
{
    public const string Lane = "lane";
    public const string RowLock = "row-lock";

    /// <summary>Nothing, and no second attempt when a constraint stops it: the naive twin of each operation.</summary>
    public const string None = "none";
}
