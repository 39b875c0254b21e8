namespace Tiebreak.Server.Races.Tests;

/// <summary>What the operations run under.</summary>
internal static class Guards
{
    public const string Lane = "lane";

    /// <summary>As many lanes as a machine with eight processors has.</summary>
    public const string FourLanes = "four-lanes";

    public const string RowLock = "row-lock";

    /// <summary>Nothing, and no second attempt when a constraint stops it: the naive twin of each operation.</summary>
    public const string None = "none";
}
