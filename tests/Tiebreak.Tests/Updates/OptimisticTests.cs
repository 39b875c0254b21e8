using Microsoft.EntityFrameworkCore;
using Tiebreak.Transactions;
using Tiebreak.Updates;

namespace Tiebreak.Tests.Updates;

public sealed class OptimisticTests(ShopDatabase database) : IClassFixture<ShopDatabase>
{
    private static readonly OptimisticOptions Patient = new() { MaxAttempts = 100 };

    [Fact]
    public async Task Twenty_at_once_lose_no_change()
    {
        var id = await AccountAsync(0);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => database.Contexts.OptimisticAsync(
            async (db, token) => (await db.Accounts.SingleAsync(a => a.Id == id, token)).Balance += 1, Patient)));
        Assert.Equal(20, await BalanceAsync(id));
    }

    [Fact]
    public async Task A_conflict_decides_again_on_a_fresh_context_and_fresh_rows()
    {
        var id = await AccountAsync(10);
        var seen = new List<(ShopContext Context, decimal Balance)>();
        var paid = await database.Contexts.OptimisticAsync(async (db, token) =>
        {
            var account = await db.Accounts.SingleAsync(a => a.Id == id, token);
            seen.Add((db, account.Balance));
            if (seen.Count == 1)
            {
                await SetAsync(id, 3);
            }

            if (account.Balance < 5)
            {
                return false;
            }

            account.Balance -= 5;
            return true;
        });

        Assert.False(paid);
        Assert.Equal([10m, 3m], seen.Select(attempt => attempt.Balance));
        Assert.NotSame(seen[0].Context, seen[1].Context);
        Assert.Equal(3, await BalanceAsync(id));
    }

    [Fact]
    public async Task Used_up_attempts_are_a_busy_exception_and_change_nothing()
    {
        var id = await AccountAsync(0);
        var others = 0;
        var busy = await Assert.ThrowsAsync<OptimisticConflictException>(() => database.Contexts.OptimisticAsync(
            async (db, token) =>
            {
                var account = await db.Accounts.SingleAsync(a => a.Id == id, token);
                await SetAsync(id, ++others);
                return account.Balance = 99;
            },
            new OptimisticOptions { MaxAttempts = 3, RetryDelay = TimeSpan.Zero }));

        Assert.Equal((3, 3), (busy.Attempts, others));
        Assert.IsType<DbUpdateConcurrencyException>(busy.InnerException);
        Assert.IsType<BusyException>(busy, exactMatch: false);
        Assert.Equal(3, await BalanceAsync(id));
    }

    [Fact]
    public async Task A_deleted_row_is_a_conflict_too()
    {
        var id = await AccountAsync(1);
        var attempts = 0;
        var found = await database.Contexts.OptimisticAsync(async (db, token) =>
        {
            var account = await db.Accounts.SingleOrDefaultAsync(a => a.Id == id, token);
            if (attempts++ == 0)
            {
                await using var other = database.Open();
                await other.Accounts.Where(a => a.Id == id).ExecuteDeleteAsync(token);
            }

            account?.Balance = 2;
            return account is not null;
        });
        Assert.Equal((false, 2), (found, attempts));
    }

    [Fact]
    public async Task An_entity_without_a_token_is_refused()
    {
        var id = (await database.AddAsync(new Plain { Id = database.NewId() })).Id;
        var refusal = await Assert.ThrowsAsync<UpdateNotPossibleException>(() => database.Contexts.OptimisticAsync(
            async (db, token) => (await db.Plains.SingleAsync(p => p.Id == id, token)).Value = 1));
        Assert.Contains("IsRowVersion()", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_block_that_saves_is_refused()
    {
        var id = await AccountAsync(1);
        await Assert.ThrowsAsync<InvalidOperationException>(() => database.Contexts.OptimisticAsync(async (db, token) =>
        {
            (await db.Accounts.SingleAsync(a => a.Id == id, token)).Balance = 2;
            return await db.SaveChangesAsync(token);
        }));
        Assert.Equal(1, await BalanceAsync(id));
    }

    [Fact]
    public async Task A_context_that_retries_by_itself_is_refused()
    {
        var contexts = new Retrying(database);
        await Assert.ThrowsAsync<UpdateNotPossibleException>(() => contexts.OptimisticAsync((_, _) => Task.FromResult(1)));
    }

    [Fact]
    public async Task Cancellation_and_the_blocks_own_errors_come_through()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => database.Contexts.OptimisticAsync((db, token) => db.Accounts.CountAsync(token), null, cancelled.Token));
        await Assert.ThrowsAsync<FormatException>(() => database.Contexts.OptimisticAsync<ShopContext, int>((_, _) => throw new FormatException()));
        Assert.Throws<ArgumentOutOfRangeException>(() => new OptimisticOptions { MaxAttempts = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new OptimisticOptions { RetryDelay = TimeSpan.FromHours(1) });
    }

    private async Task<int> AccountAsync(decimal balance) => (await database.AddAsync(new Account { Id = database.NewId(), Balance = balance })).Id;

    private async Task SetAsync(int id, decimal balance)
    {
        await using var context = database.Open();
        await context.Accounts.Where(a => a.Id == id).ExecuteUpdateAsync(set => set.SetProperty(a => a.Balance, balance));
    }

    private async Task<decimal> BalanceAsync(int id)
    {
        await using var context = database.Open();
        return (await context.Accounts.SingleAsync(a => a.Id == id)).Balance;
    }

    private sealed class Retrying(ShopDatabase database) : IDbContextFactory<ShopContext>
    {
        public ShopContext CreateDbContext() => database.Open(npgsql: options => options.EnableRetryOnFailure());
    }
}
