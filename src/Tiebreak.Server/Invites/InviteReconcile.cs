using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Tiebreak.Server.Storage;

namespace Tiebreak.Server.Invites;

/// <summary>Recounts each invite's uses and departures from the recorded uses and the memberships.</summary>
internal sealed class InviteReconcile(IDbContextFactory<TiebreakDb> contexts) : IReconcile
{
    public string System => "invites";

    public async IAsyncEnumerable<Drift> FindAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);

        // One statement, so that both sides are of one moment even while others write.
        var counted = db.Invites.Select(invite => new
        {
            invite.Code,
            invite.Generation,
            invite.Uses,
            invite.Departures,
            CountedUses = db.InviteUses.Count(use => use.Code == invite.Code && use.Generation == invite.Generation),
            Members = db.Memberships.Count(member => member.GroupId == invite.GroupId && member.Code == invite.Code && member.Generation == invite.Generation),
        });
        var wrong = counted.Where(invite => invite.Uses != invite.CountedUses || invite.Departures != invite.CountedUses - invite.Members);
        await foreach (var invite in wrong.AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            var key = string.Create(CultureInfo.InvariantCulture, $"{invite.Code}:{invite.Generation}");
            if (invite.Uses != invite.CountedUses)
            {
                yield return new Drift("invites", key, "uses", Text(invite.Uses), Text(invite.CountedUses));
            }

            if (invite.Departures != invite.CountedUses - invite.Members)
            {
                yield return new Drift("invites", key, "departures", Text(invite.Departures), Text(invite.CountedUses - invite.Members));
            }
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
