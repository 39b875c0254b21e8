namespace Tiebreak.Races.Tests.Corpus;

/// <summary>All entries.</summary>
internal static class CorpusEntries
{
    public static readonly IReadOnlyList<CorpusEntry> All =
        [.. Coupons.Entries, .. Stock.Entries, .. Bookings.Entries, .. Money.Entries, .. Uniqueness.Entries, .. Jobs.Entries, .. ElsewhereLocks.Entries];

    /// <summary>The race of that name.</summary>
    public static Race Race(string name) => All.Single(entry => entry.Name == name).Build(Tiebreak.Races.Race.OnPrivatePostgres());
}
