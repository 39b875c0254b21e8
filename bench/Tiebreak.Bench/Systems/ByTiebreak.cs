using Microsoft.Extensions.DependencyInjection;
using Tiebreak.Bench.Hosting;
using Tiebreak.Bench.Hot;
using Tiebreak.Server.Invites;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Points;
using Tiebreak.Server.Tickets;

namespace Tiebreak.Bench.Systems;

/// <summary>The changes as the server's operations, under the server's guard, without HTTP.</summary>
internal sealed class ByTiebreak(BenchServer server) : IChanges
{
    private readonly AcceptInvite _accept = server.Services.GetRequiredService<AcceptInvite>();
    private readonly BookTickets _book = server.Services.GetRequiredService<BookTickets>();
    private readonly EarnPoints _earn = server.Services.GetRequiredService<EarnPoints>();

    public Task<int> AcceptAsync(string code)
    {
        var user = AcceptSql.NewUser();
        return DoneAsync(_accept.RunAsync(new AcceptInvite.Request(code, user, KeyOf(user)), default));
    }

    public Task<int> BookPlaceAsync(Guid eventId) => BookAsync(eventId, null);

    public Task<int> BookSeatAsync(Guid eventId, string seat) => BookAsync(eventId, [seat]);

    public Task<int> EarnAsync(string accountId) =>
        DoneAsync(_earn.RunAsync(new EarnPoints.Request(accountId, 0, new EarnFacts(10m), null, KeyOf(AcceptSql.NewUser())), default));

    /// <summary>As many points as are named, by no program's rules.</summary>
    public Task<int> EarnPointsAsync(string accountId) =>
        DoneAsync(_earn.RunAsync(new EarnPoints.Request(accountId, 1, null, null, KeyOf(AcceptSql.NewUser())), default));

    private Task<int> BookAsync(Guid eventId, string[]? seats)
    {
        var buyer = AcceptSql.NewUser();
        return DoneAsync(_book.RunAsync(new BookTickets.Request(eventId, new Wish(buyer, 1, seats, null), KeyOf(buyer)), default));
    }

    private static Identity KeyOf(string user) => new(user, new byte[32]);

    private static async Task<int> DoneAsync<T>(Task<Outcome<T>> call)
        where T : class
    {
        var outcome = await call;
        return outcome.IsAccepted ? 1 : throw new InvalidOperationException($"Refused: {outcome.Refusal.Kind.Code}");
    }
}
