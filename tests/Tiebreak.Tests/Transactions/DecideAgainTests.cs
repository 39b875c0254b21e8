using Microsoft.EntityFrameworkCore;
using Tiebreak.Transactions;

namespace Tiebreak.Tests.Transactions;

/// <summary>What a guard of its own needs from a block.</summary>
public sealed class DecideAgainTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    [Theory]
    [InlineData(2, 5)]
    [InlineData(3, 3)]
    public async Task An_error_without_a_server_error_below_it_is_decided_again_within_the_attempts(int failing, int maxAttempts)
    {
        var attempts = 0;
        var block = new AtomicBlock<StockContext>(database.Contexts, new AtomicOptions { MaxAttempts = maxAttempts }, TimeProvider.System);

        var outcome = await Record.ExceptionAsync(() => block.RunAsync(
            (_, _) => ++attempts <= failing ? throw new DbUpdateConcurrencyException() : Task.FromResult(attempts),
            exception => exception is DbUpdateConcurrencyException,
            CancellationToken.None));

        Assert.Equal(Math.Min(failing + 1, maxAttempts), attempts);
        Assert.Equal(failing == maxAttempts, outcome is DbUpdateConcurrencyException);
    }

    [Fact]
    public async Task The_keys_of_the_options_stand_in_the_error()
    {
        var busy = await Assert.ThrowsAsync<SerializationFailureException>(() => database.Contexts.AtomicAsync(
            (db, token) => db.Database.ExecuteSqlRawAsync("SELECT raise_error('40001')", token),
            new AtomicOptions { MaxAttempts = 2, Keys = ["invite/1", "invite/2"] }));

        Assert.Equal(["invite/1", "invite/2"], busy.Keys);
        Assert.Equal(2, busy.Attempts);
    }

    [Fact]
    public async Task A_block_inside_the_block_that_gave_up_is_not_taken_for_the_outer_ones_own_conflict()
    {
        var attempts = 0;

        var busy = await Assert.ThrowsAsync<SerializationFailureException>(() => database.Contexts.AtomicAsync((_, token) =>
        {
            attempts++;
            return database.Contexts.AtomicAsync(
                (inner, ct) => inner.Database.ExecuteSqlRawAsync("SELECT raise_error('40001')", ct), new AtomicOptions { MaxAttempts = 2 }, token);
        }));

        Assert.Equal(1, attempts);
        Assert.Equal(2, busy.Attempts);
    }

    [Fact]
    public void Another_guard_raises_the_errors_with_its_own_facts()
    {
        var busy = new BusyException("Too many.", 0, TimeSpan.FromSeconds(1)) { Keys = ["a"], Waited = TimeSpan.FromSeconds(2) };
        var timeout = new LockTimeoutException(1, TimeSpan.FromSeconds(3), new TimeoutException()) { Keys = ["b"] };

        Assert.Equal(["a"], busy.Keys);
        Assert.Equal(TimeSpan.FromSeconds(2), busy.Waited);
        Assert.Equal(["b"], timeout.Keys);
        Assert.Equal(TimeSpan.FromSeconds(3), timeout.Waited);
    }
}
