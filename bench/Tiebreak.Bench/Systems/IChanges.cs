namespace Tiebreak.Bench.Systems;

/// <summary>The changes that are compared, by whoever makes them. Each returns 1, and throws where it is refused: a refusal costs something else.</summary>
internal interface IChanges
{
    /// <summary>A user that nobody has heard of accepts the invite.</summary>
    Task<int> AcceptAsync(string code);

    /// <summary>A new buyer books one place.</summary>
    Task<int> BookPlaceAsync(Guid eventId);

    /// <summary>A new buyer books this seat.</summary>
    Task<int> BookSeatAsync(Guid eventId, string seat);

    /// <summary>The account earns by its program's rules.</summary>
    Task<int> EarnAsync(string accountId);
}
