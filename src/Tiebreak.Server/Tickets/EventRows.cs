using Microsoft.EntityFrameworkCore;
using Tiebreak.Operations;
using Tiebreak.Server.Storage;

namespace Tiebreak.Server.Tickets;

/// <summary>The rows that every change of places is guarded by.</summary>
internal static class EventRows
{
    /// <summary>Takes the events, one statement each in sorted order; those that do not exist are left out.</summary>
    public static async Task<Dictionary<Guid, TicketEvent>> TakeAsync(OperationScope<TiebreakDb> scope, IEnumerable<Guid> eventIds, CancellationToken cancellationToken)
    {
        var taken = new Dictionary<Guid, TicketEvent>();
        foreach (var id in eventIds.Distinct().Order())
        {
            if (await scope.Subjects(scope.Context.Events.Where(@event => @event.Id == id)).SingleOrDefaultAsync(cancellationToken) is { } @event)
            {
                taken.Add(id, @event);
            }
        }

        return taken;
    }
}
