using Microsoft.EntityFrameworkCore;
using Tiebreak.Transactions;
using Tiebreak.Updates;

namespace Tiebreak.Tests.Updates;

/// <summary>A form carries the version that it was filled from.</summary>
public sealed class StaleVersionTests(ShopDatabase database) : IClassFixture<ShopDatabase>
{
    public static TheoryData<string> Ways => ["assigned", "original", "attached", "deleted", "changes nothing else"];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_version_that_the_row_has_no_more_is_told_at_once_with_what_changed(string way)
    {
        var form = await database.AddAsync(new Account { Id = database.NewId(), Owner = "Ada", Balance = 1 });
        await using (var other = database.Open())
        {
            await other.Accounts.Where(a => a.Id == form.Id).ExecuteUpdateAsync(set => set.SetProperty(a => a.Owner, "Bea"));
        }

        var attempts = 0;
        var stale = await Assert.ThrowsAsync<StaleVersionException>(() => database.Contexts.OptimisticAsync((db, token) =>
        {
            attempts++;
            return WriteAsync(db, form, way, token);
        }));

        Assert.Equal((1, "Account", $"Id={form.Id}", false), (attempts, stale.Entity, stale.Key, stale.IsGone));
        Assert.Contains(stale.Changes, change => change.Property == nameof(Account.Version) && Equals(change.Given, form.Version));
        if (way is "assigned" or "attached")
        {
            Assert.Contains(new StaleValue(nameof(Account.Owner), "Cid", "Bea"), stale.Changes);
        }

        await using var now = database.Open();
        Assert.Equal("Bea", (await now.Accounts.SingleAsync(a => a.Id == form.Id)).Owner);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task The_version_that_the_row_has_is_written_over(string way)
    {
        var form = await database.AddAsync(new Account { Id = database.NewId(), Owner = "Ada" });

        await database.Contexts.OptimisticAsync((db, token) => WriteAsync(db, form, way, token));

        await using var now = database.Open();
        var account = await now.Accounts.SingleOrDefaultAsync(a => a.Id == form.Id);
        Assert.Equal(way switch { "deleted" => null, "changes nothing else" => "Ada", _ => "Cid" }, account?.Owner);
    }

    [Fact]
    public async Task A_row_that_is_gone_is_told_as_gone()
    {
        var form = await database.AddAsync(new Account { Id = database.NewId() });
        await using (var other = database.Open())
        {
            await other.Accounts.Where(a => a.Id == form.Id).ExecuteDeleteAsync();
        }

        var stale = await Assert.ThrowsAsync<StaleVersionException>(() => database.Contexts.OptimisticAsync((db, token) => WriteAsync(db, form, "attached", token)));

        Assert.True(stale.IsGone);
    }

    [Fact]
    public async Task A_row_that_changes_between_its_loading_and_its_save_is_compared_with_the_given_version_again()
    {
        var form = await database.AddAsync(new Account { Id = database.NewId(), Owner = "Ada" });
        var attempts = 0;

        await Assert.ThrowsAsync<StaleVersionException>(() => database.Contexts.OptimisticAsync(async (db, token) =>
        {
            await WriteAsync(db, form, "assigned", token);
            if (attempts++ == 0)
            {
                await using var other = database.Open();
                await other.Accounts.Where(a => a.Id == form.Id).ExecuteUpdateAsync(set => set.SetProperty(a => a.Balance, 7), token);
            }

            return 0;
        }));

        Assert.Equal(2, attempts);
    }

    [Fact]
    public async Task A_connection_that_is_lost_while_the_block_reads_is_told_as_lost()
    {
        await Assert.ThrowsAsync<ConnectionLostException>(() => database.Contexts.OptimisticAsync(
            (db, token) => db.Database.ExecuteSqlRawAsync("SELECT pg_terminate_backend(pg_backend_pid())", token)));
    }

    private static async Task<int> WriteAsync(ShopContext db, Account form, string way, CancellationToken token)
    {
        if (way is "attached" or "deleted")
        {
            var entity = new Account { Id = form.Id, Version = form.Version, Owner = "Cid", Balance = 1 };
            _ = way == "deleted" ? db.Remove(entity) : db.Update(entity);
            return 0;
        }

        var account = await db.Accounts.SingleAsync(a => a.Id == form.Id, token);
        if (way == "original")
        {
            db.Entry(account).Property(a => a.Version).OriginalValue = form.Version;
        }
        else
        {
            account.Version = form.Version;
        }

        account.Owner = way == "changes nothing else" ? account.Owner : "Cid";
        return 0;
    }
}
