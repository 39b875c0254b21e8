using Microsoft.EntityFrameworkCore;
using Tiebreak.Operations;

namespace Tiebreak.Mechanisms.Races.Tests;

/// <summary>Sells the last place to a guest: the change that every guard is given.</summary>
internal sealed class SellPlace : IOperation<Box, string, SellPlace.State, string>
{
    private static readonly Subject<Show, int> Shows = new(show => show.Id, id => $"show/{id}");

    public static SellPlace Instance { get; } = new();

    public string Name => "sell-place";

    public IEnumerable<string> KeysOf(string request) => ["show/1"];

    public async Task<State> LoadSubjectsAsync(OperationScope<Box> scope, IReadOnlyList<string> requests, CancellationToken cancellationToken) =>
        new((await scope.ReadSubjectsAsync(Shows, [1], cancellationToken: cancellationToken))[1]);

    public async Task LoadRelatedAsync(OperationScope<Box> scope, State state, IReadOnlyList<string> requests, CancellationToken cancellationToken) =>
        state.Guests = await scope.Context.Guests.Where(guest => guest.ShowId == 1).Select(guest => guest.Name).ToHashSetAsync(cancellationToken);

    public string Decide(State state, string request, DateTimeOffset now)
    {
        if (state.Show.Sold == state.Show.Places || !state.Guests.Add(request))
        {
            return "sold out";
        }

        state.Show.Sold++;
        state.New.Add(new Guest { ShowId = 1, Name = request });
        return "yours";
    }

    public Task SaveAsync(OperationScope<Box> scope, State state, CancellationToken cancellationToken)
    {
        scope.Context.Guests.AddRange(state.New);
        return scope.Context.SaveChangesAsync(cancellationToken);
    }

    internal sealed class State(Show show)
    {
        public Show Show { get; } = show;

        public HashSet<string> Guests { get; set; } = [];

        public List<Guest> New { get; } = [];
    }
}
