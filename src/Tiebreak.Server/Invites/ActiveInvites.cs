using Tiebreak.Bulk;
using Tiebreak.Operations;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Invites;

/// <summary>The subject of every change of an invite: the active one of its code.</summary>
internal static class ActiveInvites
{
    private static readonly Subject<Invite, string> Active = new(invite => invite.Code, Keys.Invite)
    {
        Where = invite => invite.IsActive,
        Tracked = false,
        DecidedAt = invite => invite.LastDecided,
    };

    /// <summary>Takes the active invites of the codes in sorted order; a code without one is left out.</summary>
    public static Task<Dictionary<string, Invite>> TakeAsync(OperationScope<SystemDb> scope, IEnumerable<string> codes, CancellationToken cancellationToken) =>
        TakeAsync(scope, codes, related: null, cancellationToken);

    /// <summary>The same, with what is read behind them.</summary>
    public static Task<Dictionary<string, Invite>> TakeAsync(
        OperationScope<SystemDb> scope, IEnumerable<string> codes, BulkBatch? related, CancellationToken cancellationToken) =>
        scope.ReadSubjectsAsync(Active, codes, related, cancellationToken);
}
