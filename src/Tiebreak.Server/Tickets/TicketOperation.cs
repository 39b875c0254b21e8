using Tiebreak.Operations;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Tickets;

/// <summary>
/// A change of an event's places: what is due under the event is settled first, in as many transactions as it takes, and
/// only then is the request decided.
/// </summary>
internal abstract class TicketOperation<TRequest, TState, TValue>(IGuard<SystemDb> guard) : SystemOperation<TRequest, TState, Outcome<TValue>>(guard)
    where TValue : class
{
    public override async Task<Outcome<TValue>> RunAsync(TRequest request, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Each round has written down a thousand holds, of which there is an end.
            if (await base.RunAsync(request, cancellationToken) is { IsUnsettled: false } outcome)
            {
                return outcome;
            }
        }
    }
}
