using Npgsql;
using Tiebreak.Bench.Hot;
using Tiebreak.Server.Points;

namespace Tiebreak.Bench.Systems;

/// <summary>The changes as transactions over Npgsql that lock the row first.</summary>
internal sealed class HandWritten(NpgsqlDataSource source) : IChanges
{
    private readonly AcceptSql _accept = new(source);
    private readonly BookSql _book = new(source);
    private readonly EarnSql _earn = new(source);

    public Task<int> AcceptAsync(string code) => _accept.RowLockAsync(code);

    public Task<int> BookPlaceAsync(Guid eventId) => _book.PlaceAsync(eventId, AcceptSql.NewUser());

    public Task<int> BookSeatAsync(Guid eventId, string seat) => _book.SeatAsync(eventId, seat, AcceptSql.NewUser());

    public Task<int> EarnAsync(string accountId) => _earn.ByRulesAsync(accountId, new EarnFacts(10m), AcceptSql.NewUser());
}
