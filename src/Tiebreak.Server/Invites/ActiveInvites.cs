using Microsoft.EntityFrameworkCore;
using Tiebreak.Bulk;
using Tiebreak.Operations;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Invites;

/// <summary>The subject of every change of an invite: the active one of its code.</summary>
internal static class ActiveInvites
{
    /// <summary>Takes the active invites of the codes in sorted order; a code without one is left out.</summary>
    public static Task<Dictionary<string, Invite>> TakeAsync(OperationScope<SystemDb> scope, IEnumerable<string> codes, CancellationToken cancellationToken) =>
        TakeAsync(scope, codes, related: null, cancellationToken);

    /// <summary>The same, with what is read behind them.</summary>
    public static async Task<Dictionary<string, Invite>> TakeAsync(
        OperationScope<SystemDb> scope, IEnumerable<string> codes, BulkBatch? related, CancellationToken cancellationToken)
    {
        var taken = await scope.ReadSubjectsAsync(
            codes,
            some => scope.Context.Set<Invite>().AsNoTracking().Where(invite => some.Contains(invite.Code) && invite.IsActive).OrderBy(invite => invite.Code),
            related,
            cancellationToken);
        return taken.ToDictionary(invite => invite.Code, StringComparer.Ordinal);
    }
}
