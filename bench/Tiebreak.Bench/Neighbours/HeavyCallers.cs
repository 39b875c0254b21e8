using Microsoft.Extensions.DependencyInjection;
using Tiebreak.Bench.Hosting;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Tickets;
using Tiebreak.Transactions;

namespace Tiebreak.Bench.Neighbours;

/// <summary>Eight callers make one event of 100,000 seats after the other.</summary>
internal sealed class HeavyCallers(BenchServer server) : IDisturbance
{
    private static readonly string[] Seats = [.. Enumerable.Range(0, 100_000).Select(number => FormattableString.Invariant($"S{number}"))];

    private readonly CreateEvent _create = server.Services.GetRequiredService<CreateEvent>();
    private volatile bool _isOver = true;
    private Task _callers = Task.CompletedTask;

    public Task BeginAsync()
    {
        if (_isOver)
        {
            _isOver = false;
            _callers = Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(MakeAsync)));
        }

        return Task.CompletedTask;
    }

    public Task EndAsync()
    {
        _isOver = true;
        return _callers;
    }

    private async Task MakeAsync()
    {
        while (!_isOver)
        {
            try
            {
                await _create.RunAsync(new CreateEvent.Request("Final", Seats.Length, Seats, null, Identity.None), default);
            }
            catch (BusyException)
            {
                // A bound by weight may turn it away: it comes again.
            }
        }
    }
}
