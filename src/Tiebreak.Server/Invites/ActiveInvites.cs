using Microsoft.EntityFrameworkCore;
using Tiebreak.Operations;
using Tiebreak.Server.Storage;

namespace Tiebreak.Server.Invites;

/// <summary>The subject of every change of an invite: the active one of its code.</summary>
internal static class ActiveInvites
{
    /// <summary>Takes the active invites of the codes in sorted order; a code without one is left out.</summary>
    public static async Task<Dictionary<string, Invite>> TakeAsync(OperationScope<TiebreakDb> scope, IEnumerable<string> codes, CancellationToken cancellationToken)
    {
        var taken = await scope.ReadSubjectsAsync(
            codes,
            some => scope.Context.Invites.AsNoTracking().Where(invite => some.Contains(invite.Code) && invite.IsActive).OrderBy(invite => invite.Code),
            cancellationToken);
        return taken.ToDictionary(invite => invite.Code, StringComparer.Ordinal);
    }
}
