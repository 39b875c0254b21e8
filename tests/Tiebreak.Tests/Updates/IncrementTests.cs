using Microsoft.EntityFrameworkCore;
using Tiebreak.Updates;

namespace Tiebreak.Tests.Updates;

public sealed class IncrementTests(ShopDatabase database) : IClassFixture<ShopDatabase>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_increment_is_applied_once_however_often_the_context_saves(bool retrying)
    {
        var id = await AccountAsync(10);
        await using var context = Open(retrying);
        var account = await context.Accounts.SingleAsync(a => a.Id == id);
        await SetAsync(id, 100);

        context.Increment(account, a => a.Balance, 5);
        context.Increment(account, a => a.Balance, -2);
        Assert.Equal(10, account.Balance);
        Assert.Equal(1, await context.SaveChangesWithIncrementsAsync());
        Assert.Equal(103, account.Balance);

        Assert.Equal(0, await context.SaveChangesWithIncrementsAsync());
        account.Owner = "Ada";
        Assert.Equal(1, await context.SaveChangesAsync());
        Assert.Equal((103m, "Ada"), await ReadAsync(id));
    }

    [Fact]
    public async Task Thirty_at_once_lose_none()
    {
        var id = await AccountAsync(0);
        await Task.WhenAll(Enumerable.Range(0, 30).Select(async _ =>
        {
            await using var context = database.Open();
            context.Increment(await context.Accounts.SingleAsync(a => a.Id == id), a => a.Balance, 1);
            await context.SaveChangesWithIncrementsAsync();
        }));
        Assert.Equal(30, (await ReadAsync(id)).Balance);
    }

    [Fact]
    public async Task Other_changes_of_the_same_row_are_saved_with_it_under_its_version()
    {
        var id = await AccountAsync(1);
        await using var context = database.Open();
        var account = await context.Accounts.SingleAsync(a => a.Id == id);
        account.Owner = "Ada";
        context.Increment(account, a => a.Balance, 1);
        Assert.Equal(2, await context.SaveChangesWithIncrementsAsync());

        account.Owner = "Eve";
        await context.SaveChangesAsync();
        Assert.Equal((2m, "Eve"), await ReadAsync(id));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task A_failed_save_leaves_changes_and_increments_pending_once(bool retrying, bool inTransaction)
    {
        var (id, gone) = (await AccountAsync(1), await AccountAsync(1));
        await using var context = Open(retrying);
        var account = await context.Accounts.SingleAsync(a => a.Id == id);
        var missing = await context.Accounts.SingleAsync(a => a.Id == gone);
        await using (var other = database.Open())
        {
            await other.Accounts.Where(a => a.Id == gone).ExecuteDeleteAsync();
        }

        account.Owner = "Ada";
        context.Increment(account, a => a.Balance, 1);
        context.Increment(missing, a => a.Balance, 1);
        await using var transaction = inTransaction ? await context.Database.BeginTransactionAsync() : null;
        await Assert.ThrowsAsync<DbUpdateConcurrencyException>(() => context.SaveChangesWithIncrementsAsync());
        Assert.Equal((1m, ""), await ReadAsync(id));
        Assert.Equal(1, account.Balance);

        // A row with the same key comes back, and the same save goes through.
        await database.AddAsync(new Account { Id = gone, Balance = 5 });
        Assert.Equal(3, await context.SaveChangesWithIncrementsAsync());
        await (transaction?.CommitAsync() ?? Task.CompletedTask);
        Assert.Equal((2m, "Ada"), await ReadAsync(id));
        Assert.Equal(6, (await ReadAsync(gone)).Balance);
    }

    [Fact]
    public async Task A_rolled_back_transaction_takes_it_along_and_the_context_does_not_know()
    {
        var id = await AccountAsync(1);
        await using var context = database.Open();
        var account = await context.Accounts.SingleAsync(a => a.Id == id);
        await using (await context.Database.BeginTransactionAsync())
        {
            context.Increment(account, a => a.Balance, 1);
            await context.SaveChangesWithIncrementsAsync();
        }

        Assert.Equal(2, account.Balance);
        Assert.Equal(0, await context.SaveChangesWithIncrementsAsync());
        Assert.Equal(1, (await ReadAsync(id)).Balance);
    }

    [Fact]
    public async Task A_save_that_would_forget_it_or_write_over_it_is_refused()
    {
        var id = await AccountAsync(1);
        await using var context = database.Open();
        var account = await context.Accounts.SingleAsync(a => a.Id == id);
        context.Increment(account, a => a.Balance, 1);
        await Assert.ThrowsAsync<InvalidOperationException>(() => context.SaveChangesAsync());
        Assert.Throws<InvalidOperationException>(() => context.SaveChanges());
        account.Balance = 7;
        await Assert.ThrowsAsync<InvalidOperationException>(() => context.SaveChangesWithIncrementsAsync());
        Assert.Equal(1, (await ReadAsync(id)).Balance);
    }

    [Fact]
    public async Task What_is_no_tracked_number_is_refused()
    {
        var id = await AccountAsync(1);
        await using var context = database.Open();
        Assert.Throws<ArgumentException>(() => context.Increment(new Account { Id = id }, a => a.Balance, 1));
        var account = await context.Accounts.SingleAsync(a => a.Id == id);
        Assert.Throws<ArgumentException>(() => context.Increment(account, a => a.Id, 1));
        Assert.Throws<ArgumentException>(() => context.Increment(account, a => a.Owner.Length, 1));
        await using var bare = new ShopContext(new DbContextOptionsBuilder<ShopContext>().UseNpgsql(database.Source).Options);
        var untouched = await bare.Accounts.SingleAsync(a => a.Id == id);
        Assert.Throws<UpdateNotPossibleException>(() => bare.Increment(untouched, a => a.Balance, 1));
    }

    private ShopContext Open(bool retrying) =>
        database.Open(npgsql: options => _ = retrying ? options.EnableRetryOnFailure() : options);

    private async Task<int> AccountAsync(decimal balance) => (await database.AddAsync(new Account { Id = database.NewId(), Balance = balance })).Id;

    private async Task SetAsync(int id, decimal balance)
    {
        await using var context = database.Open();
        await context.Accounts.Where(a => a.Id == id).ExecuteUpdateAsync(set => set.SetProperty(a => a.Balance, balance));
    }

    private async Task<(decimal Balance, string Owner)> ReadAsync(int id)
    {
        await using var context = database.Open();
        var account = await context.Accounts.SingleAsync(a => a.Id == id);
        return (account.Balance, account.Owner);
    }
}
