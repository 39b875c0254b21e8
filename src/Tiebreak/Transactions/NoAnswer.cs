namespace Tiebreak.Transactions;

/// <summary>What a block without an answer answers.</summary>
internal sealed class NoAnswer
{
    public static readonly NoAnswer Instance = new();
}
