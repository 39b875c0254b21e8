using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Bulk;
using Tiebreak.Lanes;
using Tiebreak.Operations;
using Tiebreak.Tests.Transactions;
using Tiebreak.Transactions;

namespace Tiebreak.Tests.Operations;

/// <summary>Reads that travel behind the lock, and a write that travels with COMMIT.</summary>
public sealed class RoundTripTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    public static TheoryData<string> Guards => ["lane", "row lock"];

    [Theory]
    [MemberData(nameof(Guards))]
    public async Task A_change_is_two_round_trips(string guard)
    {
        var id = await database.NewStockAsync(10);
        await using var wire = new Wire(database.ConnectionString);
        await using var source = NpgsqlDataSource.Create(wire.ConnectionString + ";No Reset On Close=true");
        await using var under = Under(guard, StockDatabase.ContextsOn(source));
        var operation = new TakeInTwo();
        await under.RunAsync(operation, new TakeOne.Request(id, $"warm-{id}"));
        var before = wire.RoundTrips.Count;

        Assert.Equal(Taken.Yes, await under.RunAsync(operation, new TakeOne.Request(id, $"two-{id}")));

        var sent = wire.RoundTrips.Skip(before).ToList();
        Assert.Equal(2, sent.Count);
        Assert.Contains("FOR NO KEY UPDATE", sent[0], StringComparison.Ordinal);
        Assert.Contains("holdings", sent[0], StringComparison.Ordinal);
        Assert.Contains("COMMIT", sent[1], StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Guards))]
    public async Task What_is_searched_behind_the_lock_is_read_as_it_stands_after_the_wait(string guard)
    {
        var id = await database.NewStockAsync(10);
        await using var under = Under(guard, database.Contexts);
        var operation = new TakeInTwo();
        Task<Taken> waiting;
        await using (var holder = await database.HoldAsync(id))
        {
            waiting = under.RunAsync(operation, new TakeOne.Request(id, $"late-{id}"));
            await database.UntilWaitingBehindAsync(holder.Pid);
            await database.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"INSERT INTO holdings VALUES ('late-{id}', {id})"));
        }

        Assert.Equal(Taken.HasOneAlready, await waiting);
        Assert.Equal(1, operation.Attempts);
    }

    [Theory]
    [MemberData(nameof(Guards))]
    public async Task A_write_that_fails_takes_its_COMMIT_along(string guard)
    {
        var id = await database.NewStockAsync(10);
        await database.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"INSERT INTO holdings VALUES ('there-{id}', {id})"));
        await using var under = Under(guard, database.Contexts);

        // The stock's update is in front of the insert that fails.
        var error = await Assert.ThrowsAsync<DbUpdateException>(() => under.RunAsync(new TakeInTwo { IgnoresHoldings = true }, new TakeOne.Request(id, $"there-{id}")));

        Assert.Equal(PostgresErrorCodes.UniqueViolation, SqlStates.Find(error)?.SqlState);
        Assert.Equal(10, await database.QuantityAsync(id));
        Assert.Equal(Taken.Yes, await under.RunAsync(new TakeInTwo(), new TakeOne.Request(id, $"next-{id}")));
    }

    [Fact]
    public async Task An_answer_that_is_lost_on_the_wire_leaves_the_outcome_unknown_though_it_took_effect()
    {
        var id = await database.NewStockAsync(10);
        await using var wire = new Wire(database.ConnectionString);
        await using var source = NpgsqlDataSource.Create(wire.ConnectionString);
        await using var under = Under("lane", StockDatabase.ContextsOn(source));
        var operation = new TakeInTwo { AfterWrite = _ => wire.CutAtAnswerTo("COMMIT") };

        await Assert.ThrowsAsync<CommitOutcomeUnknownException>(() => under.RunAsync(operation, new TakeOne.Request(id, $"lost-{id}")));

        Assert.Equal(1, operation.Attempts);
        Assert.Equal(9, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task A_session_that_is_ended_during_the_write_leaves_the_outcome_unknown()
    {
        var id = await database.NewStockAsync(10);
        await using var under = Under("row lock", database.Contexts);
        await using var other = await database.Source.OpenConnectionAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await using var insert = new NpgsqlCommand(string.Create(CultureInfo.InvariantCulture, $"INSERT INTO holdings VALUES ('met-{id}', {id})"), other, transaction);
        await insert.ExecuteNonQueryAsync();

        var waiting = under.RunAsync(new TakeInTwo(), new TakeOne.Request(id, $"met-{id}"));
        await database.UntilWaitingBehindAsync(other.ProcessID);
        await database.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {other.ProcessID} = ANY (pg_blocking_pids(pid))"));

        var unknown = await Assert.ThrowsAsync<CommitOutcomeUnknownException>(() => waiting);
        Assert.IsType<PostgresException>(unknown.InnerException);
        Assert.Equal(10, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task A_write_behind_an_error_that_was_swallowed_is_not_acknowledged()
    {
        var id = await database.NewStockAsync(10);
        await using var under = Under("row lock", database.Contexts);
        var operation = new TakeInTwo { BeforeDecision = async scope => await Assert.ThrowsAsync<PostgresException>(() => scope.Context.Database.ExecuteSqlRawAsync("SELECT 1 / 0")) };

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => under.RunAsync(operation, new TakeOne.Request(id, $"swallowed-{id}")));

        Assert.Contains("nothing was changed", error.Message, StringComparison.Ordinal);
        Assert.Equal(10, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task A_request_that_is_cancelled_before_its_write_is_sent_changes_nothing()
    {
        var id = await database.NewStockAsync(10);
        using var cancelled = new CancellationTokenSource();
        await using var under = Under("row lock", database.Contexts);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => under.RunAsync(new TakeInTwo { AfterWrite = _ => cancelled.Cancel() }, new TakeOne.Request(id, $"cancelled-{id}"), cancelled.Token));

        Assert.Equal(10, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task Only_the_last_write_of_an_attempt_travels_with_COMMIT()
    {
        var id = await database.NewStockAsync(10);
        await using var elsewhere = await database.Contexts.CreateDbContextAsync();
        await using var under = Under("row lock", database.Contexts);
        Task<Taken> Run(TakeInTwo operation) => under.RunAsync(operation, new TakeOne.Request(id, $"last-{id}"));

        await Assert.ThrowsAsync<InvalidOperationException>(() => Run(new TakeInTwo { AfterWrite = scope => scope.WriteWithCommit(scope.Context.Bulk()) }));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Run(new TakeInTwo { BeforeDecision = scope => { scope.WriteWithCommit(scope.Context.Bulk()); return Task.CompletedTask; } }));
        await Assert.ThrowsAsync<ArgumentException>(() => Run(new TakeInTwo { AfterWrite = scope => scope.WriteWithCommit(elsewhere.Bulk()) }));
        Assert.Equal(10, await database.QuantityAsync(id));
    }

    private static Guarded Under(string guard, IDbContextFactory<StockContext> contexts) =>
        new(guard == "lane" ? new LaneGuard<StockContext>(contexts, new LaneGuardOptions { Lanes = 1 }) : new RowLockGuard<StockContext>(contexts));

    private sealed class Guarded(IGuard<StockContext> guard) : IAsyncDisposable
    {
        public Task<Taken> RunAsync(TakeInTwo operation, TakeOne.Request request, CancellationToken cancellationToken = default) =>
            guard.RunAsync(operation, request, cancellationToken);

        public async ValueTask DisposeAsync()
        {
            await ((guard as IAsyncDisposable)?.DisposeAsync() ?? ValueTask.CompletedTask);
            (guard as IDisposable)?.Dispose();
        }
    }
}
