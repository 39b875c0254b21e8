using Microsoft.EntityFrameworkCore;
using Tiebreak.Server.Http.Paging;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Points;

/// <summary>What can be looked at. Reads take no lock and wait for nobody.</summary>
internal sealed class PointsQueries(IDbContextFactory<SystemDb> contexts)
{
    public async Task<AccountModel?> AccountAsync(string accountId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<Account>().AsNoTracking().SingleOrDefaultAsync(account => account.Id == accountId, cancellationToken) is { } account ? AccountModel.Of(account) : null;
    }

    /// <summary>The account's entries, newest first; <see langword="null"/> when there is no such account.</summary>
    public async Task<Page<EntryModel>?> EntriesAsync(string accountId, PageQuery page, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (!await db.Set<Account>().AnyAsync(account => account.Id == accountId, cancellationToken))
        {
            return null;
        }

        var list = $"entries/{accountId}";
        var below = page.AfterIn(list)?.Position ?? long.MaxValue;
        var rows = await db.Set<Entry>().AsNoTracking().Where(entry => entry.AccountId == accountId && entry.Sequence < below)
            .OrderByDescending(entry => entry.Sequence).Take(page.Limit + 1).ToListAsync(cancellationToken);
        return Page<EntryModel>.Of(rows, page.Limit, EntryModel.Of, entry => new Cursor(list, entry.Sequence, string.Empty));
    }
}
