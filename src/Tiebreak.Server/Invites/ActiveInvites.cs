using Tiebreak.Operations;
using Tiebreak.Server.Storage;

namespace Tiebreak.Server.Invites;

/// <summary>The subject of every change of an invite: the active one of its code.</summary>
internal static class ActiveInvites
{
    /// <summary>Takes the active invites of the codes, one statement each in sorted order; a code without one is left out.</summary>
    public static async Task<Dictionary<string, Invite>> TakeAsync(OperationScope<TiebreakDb> scope, IEnumerable<string> codes, CancellationToken cancellationToken)
    {
        var taken = new Dictionary<string, Invite>(StringComparer.Ordinal);
        foreach (var code in codes.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            if (await scope.ReadSubjectsAsync(scope.Context.Invites.Where(invite => invite.Code == code && invite.IsActive), cancellationToken) is [var invite])
            {
                taken.Add(code, invite);
            }
        }

        return taken;
    }
}
