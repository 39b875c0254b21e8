using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Transactions;

namespace Tiebreak.Tests.Transactions;

public sealed class DeferredConstraintTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    [Fact]
    public async Task Two_rows_swap_a_unique_value_where_constraints_are_deferred_and_not_without()
    {
        await NewPlacesAsync("swap");
        const string Swap = "UPDATE swap SET place = 3 - place WHERE id = 1; UPDATE swap SET place = 3 - place WHERE id = 2";

        await Assert.ThrowsAsync<PostgresException>(() => database.Contexts.AtomicAsync((db, token) => db.Database.ExecuteSqlRawAsync(Swap, token)));
        await database.Contexts.AtomicAsync((db, token) => db.Database.ExecuteSqlRawAsync(Swap, token), new AtomicOptions { DeferConstraints = true });
        Assert.Equal(2, await database.ScalarAsync("SELECT place FROM swap WHERE id = 1"));

        await database.Contexts.AtomicAsync(async (db, token) =>
        {
            await db.DeferConstraintsAsync(["swap \"place\" once"], token);
            await db.Database.ExecuteSqlRawAsync(Swap, token);
            await db.CheckConstraintsAsync(cancellationToken: token);
        });
        Assert.Equal(1, await database.ScalarAsync("SELECT place FROM swap WHERE id = 1"));
    }

    [Fact]
    public async Task A_violation_at_COMMIT_comes_out_as_the_servers_error_and_changes_nothing()
    {
        await NewPlacesAsync("late");
        var (attempts, after) = (0, 0);

        var violation = await Assert.ThrowsAsync<PostgresException>(() => database.Contexts.AtomicAsync(
            (db, token) =>
            {
                attempts++;
                db.AfterCommit(_ => Task.FromResult(after++));
                return db.Database.ExecuteSqlRawAsync("UPDATE late SET place = 2 WHERE id = 1", token);
            },
            new AtomicOptions { DeferConstraints = true }));

        Assert.Equal(PostgresErrorCodes.UniqueViolation, violation.SqlState);
        Assert.Equal((1, 0), (attempts, after));
        Assert.Equal(1, await database.ScalarAsync("SELECT place FROM late WHERE id = 1"));
    }

    [Fact]
    public async Task Constraints_that_are_checked_early_fail_where_the_nested_block_can_still_say_so()
    {
        await NewPlacesAsync("early");

        await database.Contexts.AtomicAsync(async (db, token) =>
        {
            await Assert.ThrowsAsync<PostgresException>(() => db.AtomicAsync(async (nested, ct) =>
            {
                await nested.DeferConstraintsAsync(cancellationToken: ct);
                await nested.Database.ExecuteSqlRawAsync("UPDATE early SET place = 2 WHERE id = 1", ct);
                await nested.CheckConstraintsAsync(cancellationToken: ct);
            }, token));
            await db.Database.ExecuteSqlRawAsync("UPDATE early SET place = 3 WHERE id = 1", token);
        });

        Assert.Equal(3, await database.ScalarAsync("SELECT place FROM early WHERE id = 1"));
    }

    [Fact]
    public async Task Outside_of_a_transaction_deferring_is_refused()
    {
        await using var db = await database.Contexts.CreateDbContextAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(() => db.DeferConstraintsAsync());
    }

    private Task NewPlacesAsync(string table) => database.ExecuteAsync(string.Create(CultureInfo.InvariantCulture,
        $"CREATE TABLE {table} (id int PRIMARY KEY, place int, CONSTRAINT \"{table} \"\"place\"\" once\" UNIQUE (place) DEFERRABLE); INSERT INTO {table} VALUES (1, 1), (2, 2)"));
}
