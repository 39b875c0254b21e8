using Microsoft.EntityFrameworkCore;
using Tiebreak.Operations;
using Tiebreak.Server.Storage;

namespace Tiebreak.Server.Invites;

/// <summary>The subject of every change of an invite: the active one of its code.</summary>
internal static class ActiveInvites
{
    /// <summary>Takes the active invites of the codes, in the order of the codes. A code without one is not among them.</summary>
    public static Task<Dictionary<string, Invite>> TakeAsync(OperationScope<TiebreakDb> scope, IEnumerable<string> ofCodes, CancellationToken cancellationToken)
    {
        var codes = ofCodes.Distinct(StringComparer.Ordinal).ToArray();
        return scope.Subjects(scope.Context.Invites.Where(invite => codes.Contains(invite.Code) && invite.IsActive).OrderBy(invite => invite.Code))
            .ToDictionaryAsync(invite => invite.Code, StringComparer.Ordinal, cancellationToken);
    }
}
