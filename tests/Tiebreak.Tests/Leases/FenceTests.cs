using System.Data;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Leases;
using Tiebreak.Transactions;

namespace Tiebreak.Tests.Leases;

/// <summary>A holder that was paused for longer than its lease writes nothing.</summary>
public sealed class FenceTests(LeaseDatabase database) : IClassFixture<LeaseDatabase>
{
    [Fact]
    public async Task A_paused_holder_writes_nothing_once_another_has_the_lease()
    {
        var page = await database.NewPageAsync();
        await using var paused = await database.Store().AcquireAsync("paused");

        await database.ExpireAsync("paused");
        await using var next = await database.Store().AcquireAsync("paused");
        Assert.True(next.Token > paused.Token);
        await WriteAsync(page, "next", next);

        // It is back and knows nothing: neither was Lost fired nor has its own clock moved.
        Assert.False(paused.IsLost);
        var lost = await Assert.ThrowsAsync<LeaseLostException>(() => WriteAsync(page, "stale", paused));
        Assert.Equal(("paused", paused.Token), (lost.Name, lost.Token));
        Assert.Equal("next", await database.TextOfAsync(page));
    }

    /// <summary>The twin of the one above: the same pause, the same write, and no fence.</summary>
    [Fact]
    public async Task Without_the_fence_the_paused_holder_writes_over_the_next_one()
    {
        var page = await database.NewPageAsync();
        await using var paused = await database.Store().AcquireAsync("unfenced");

        await database.ExpireAsync("unfenced");
        await using var next = await database.Store().AcquireAsync("unfenced");
        await WriteAsync(page, "next", next);
        await WriteAsync(page, "stale", lease: null);

        Assert.Equal("stale", await database.TextOfAsync(page));
    }

    [Fact]
    public async Task A_holder_that_is_paused_between_fence_and_commit_keeps_the_lease_to_its_commit()
    {
        var page = await database.NewPageAsync();
        await using var lease = await database.Store().AcquireAsync("within");
        await using var db = await database.Contexts.CreateDbContextAsync();
        await using var transaction = await db.Database.BeginTransactionAsync();
        await db.FenceAsync(lease);
        await ChangeAsync(db, page, "fenced");

        // The change of the expiry passes the fence's lock as a renewal does.
        await database.ExpireAsync("within");
        Assert.Null(await database.Store().TryAcquireAsync("within"));
        var waiting = database.Store().AcquireAsync("within");
        await transaction.CommitAsync();

        await using var next = await waiting;
        Assert.Equal("fenced", await database.TextOfAsync(page));
    }

    [Fact]
    public async Task A_takeover_by_hand_waits_for_the_fenced_transaction_as_well()
    {
        await using var lease = await database.Store().AcquireAsync("by hand");
        await using var db = await database.Contexts.CreateDbContextAsync();
        await using var transaction = await db.Database.BeginTransactionAsync();
        await db.FenceAsync(lease);

        await using var taker = await database.Source.OpenConnectionAsync();
        await using var take = new NpgsqlCommand("SET lock_timeout = '50ms'; UPDATE leases SET token = token + 1 WHERE name = 'by hand'", taker);

        var error = await Assert.ThrowsAsync<PostgresException>(() => take.ExecuteNonQueryAsync());
        Assert.Equal(PostgresErrorCodes.LockNotAvailable, error.SqlState);
    }

    [Fact]
    public async Task A_renewal_and_a_release_pass_the_holders_own_fenced_transaction()
    {
        await using var lease = await database.Store().AcquireAsync("renews");
        var before = lease.ExpiresAt;
        await using var db = await database.Contexts.CreateDbContextAsync();
        await using var transaction = await db.Database.BeginTransactionAsync();
        await db.FenceAsync(lease);

        await lease.RenewAsync();
        Assert.True(lease.ExpiresAt > before);
        await lease.DisposeAsync();

        // Free, and yet not to be had before the transaction has ended.
        Assert.Null((await database.RowAsync("renews")).Holder);
        Assert.Null(await database.Store().TryAcquireAsync("renews"));
        await transaction.RollbackAsync();
        await using var next = await database.Store().TryAcquireAsync("renews");
        Assert.NotNull(next);
    }

    [Fact]
    public async Task A_fence_that_meets_a_takeover_waits_for_it_and_is_refused()
    {
        await using var lease = await database.Store().AcquireAsync("meets");
        await using var taker = await database.Source.OpenConnectionAsync();
        await using var takeover = await taker.BeginTransactionAsync();
        await using (var take = new NpgsqlCommand("UPDATE leases SET token = token + 1, acquisition = gen_random_uuid() WHERE name = 'meets'", taker, takeover))
        {
            await take.ExecuteNonQueryAsync();
        }

        await using var db = await database.Contexts.CreateDbContextAsync();
        await using var transaction = await db.Database.BeginTransactionAsync();
        var fence = db.FenceAsync(lease);
        await database.UntilAsync(string.Create(CultureInfo.InvariantCulture, $"SELECT count(*) = 1 FROM pg_stat_activity WHERE {taker.ProcessID} = ANY (pg_blocking_pids(pid))"));
        await takeover.CommitAsync();

        await Assert.ThrowsAsync<LeaseLostException>(() => fence);
    }

    [Fact]
    public async Task A_lease_that_ran_out_is_refused_also_where_nobody_else_has_it()
    {
        await using var lease = await database.Store().AcquireAsync("nobody");
        await using var db = await database.Contexts.CreateDbContextAsync();
        await using var transaction = await db.Database.BeginTransactionAsync();
        await db.Pages.CountAsync();
        await database.ExpireAsync("nobody");

        // It ran out after the transaction began: the transaction's own time would let it pass.
        await Assert.ThrowsAsync<LeaseLostException>(() => db.FenceAsync(lease));
        await Assert.ThrowsAsync<LeaseLostException>(() => lease.RenewAsync());
        Assert.True(lease.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task What_the_holders_own_clock_knows_is_refused_without_a_round_trip()
    {
        var time = new ManualTime();
        await using var lease = await database.Store(LeaseDatabase.Still, time).AcquireAsync("own clock");
        time.Forward(TimeSpan.FromSeconds(28));

        await using var unreachable = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1");
        await using var db = await LeaseDatabase.ContextsOn(unreachable).CreateDbContextAsync();
        await Assert.ThrowsAsync<LeaseLostException>(() => db.FenceAsync(lease));
    }

    [Fact]
    public async Task Under_a_snapshot_a_renewal_since_then_passes_and_a_takeover_since_then_does_not()
    {
        var page = await database.NewPageAsync();
        await using var lease = await database.Store().AcquireAsync("snapshot");
        var attempts = 0;

        Task WriteAfterAsync(Func<Task> meanwhile) => database.Contexts.AtomicAsync(
            async (db, token) =>
            {
                await db.Pages.CountAsync(token);
                if (attempts++ == 0)
                {
                    await meanwhile();
                }

                await db.FenceAsync(lease, token);
                await ChangeAsync(db, page, "written");
            },
            AtomicOptions.Default with { IsolationLevel = IsolationLevel.RepeatableRead });

        await WriteAfterAsync(() => lease.RenewAsync());
        Assert.Equal(1, attempts);
        Assert.Equal("written", await database.TextOfAsync(page));

        await database.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"UPDATE pages SET text = 'clean' WHERE id = {page}"));
        attempts = 0;
        await Assert.ThrowsAsync<LeaseLostException>(() => WriteAfterAsync(async () =>
        {
            await database.ExpireAsync("snapshot");
            await database.Store().AcquireAsync("snapshot");
        }));
        Assert.Equal(2, attempts);
        Assert.Equal("clean", await database.TextOfAsync(page));
    }

    private Task WriteAsync(int page, string text, Lease? lease) => database.Contexts.AtomicAsync(async (db, token) =>
    {
        if (lease is not null)
        {
            await db.FenceAsync(lease, token);
        }

        await ChangeAsync(db, page, text);
    });

    private static async Task ChangeAsync(LeaseContext db, int page, string text)
    {
        (await db.Pages.SingleAsync(p => p.Id == page)).Text = text;
        await db.SaveChangesAsync();
    }
}
