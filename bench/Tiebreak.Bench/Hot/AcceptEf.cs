using Microsoft.EntityFrameworkCore;
using Tiebreak.Server.Invites;
using Tiebreak.Server.Storage;

namespace Tiebreak.Bench.Hot;

/// <summary>What others would write with EF Core: FOR UPDATE by raw SQL, then SaveChanges.</summary>
internal sealed class AcceptEf(IDbContextFactory<TiebreakDb> contexts)
{
    public async Task<int> RowLockAsync(string code)
    {
        await using var db = await contexts.CreateDbContextAsync();
        await using var transaction = await db.Database.BeginTransactionAsync();
        var invite = await db.Invites.FromSql($"SELECT * FROM invites WHERE code = {code} AND is_active FOR NO KEY UPDATE").SingleAsync();
        var user = AcceptSql.NewUser();
        if (invite.Uses >= invite.MaxUses || await db.Memberships.AsNoTracking().AnyAsync(membership => membership.UserId == user))
        {
            throw new InvalidOperationException("Refused.");
        }

        var now = TimeProvider.System.GetUtcNow();
        invite.Uses++;
        db.InviteUses.Add(new InviteUse
        {
            Code = code,
            Generation = invite.Generation,
            Number = invite.Uses,
            UserId = user,
            GroupId = invite.GroupId,
            AcceptedAt = now,
            IdempotencyKey = user,
            PayloadHash = new byte[32],
        });
        db.Memberships.Add(new Membership { UserId = user, GroupId = invite.GroupId, Code = code, Generation = invite.Generation, JoinedAt = now });
        await db.SaveChangesAsync();
        await transaction.CommitAsync();
        return 1;
    }
}
