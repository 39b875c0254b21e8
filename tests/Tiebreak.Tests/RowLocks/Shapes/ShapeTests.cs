using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.RowLocks;

namespace Tiebreak.Tests.RowLocks.Shapes;

/// <summary>
/// Query by query: the clause that is sent, and every row of every table that a second connection then finds locked.
/// None that was not asked for, and none missing; or an error, and nothing locked.
/// </summary>
public sealed class ShapeTests(ConcertDatabase database) : IClassFixture<ConcertDatabase>
{
    private static readonly string[] Tables =
    [
        "accounts", "albums", "bookings", "chapters", "concerts", "contracts", "folders", "genres", "gift_vouchers", "posters", "promoters",
        "rebate_vouchers", "savings_accounts", "tickets", "tours", "venues",
    ];

    public static TheoryData<string> Locking { get; } = [.. LockedShapes.All.Select(shape => shape.Name)];

    public static TheoryData<string> Refused { get; } = [.. RefusedShapes.All.Select(shape => shape.Name)];

    [Theory]
    [MemberData(nameof(Locking))]
    public async Task Locks_the_rows_that_are_asked_for_and_no_others(string name)
    {
        var shape = LockedShapes.All.Single(shape => shape.Name == name);
        var sent = new ConcurrentQueue<string>();
        await using var context = database.Open(sent);
        await using var transaction = await context.Database.BeginTransactionAsync();
        if (shape.Query is not null)
        {
            var statement = shape.Query(context).ToQueryString().Split("This LINQ query is being executed")[0].TrimEnd();
            Assert.EndsWith(Environment.NewLine + shape.Clause, statement, StringComparison.Ordinal);
        }

        await shape.Run(context);

        Assert.Single(sent, text => text.Contains(Environment.NewLine + "      " + shape.Clause, StringComparison.Ordinal) || text.TrimEnd().EndsWith(shape.Clause, StringComparison.Ordinal));
        Assert.Equal(shape.Locked, await LockedAsync());
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Is_refused_with_what_to_write_instead_and_nothing_is_sent(string name)
    {
        var shape = RefusedShapes.All.Single(shape => shape.Name == name);
        var sent = new ConcurrentQueue<string>();
        await using var context = database.Open(sent);
        await using var transaction = await context.Database.BeginTransactionAsync();

        var error = await Assert.ThrowsAsync<RowLockNotPossibleException>(() => shape.Run(context));

        Assert.Contains(shape.Says, error.Message, StringComparison.Ordinal);
        Assert.Empty(sent);
        Assert.Equal("", await LockedAsync());
    }

    [Fact]
    public void There_are_enough_of_them_and_no_two_of_one_name()
    {
        var names = LockedShapes.All.Select(shape => shape.Name).Concat(RefusedShapes.All.Select(shape => shape.Name)).ToList();
        Assert.True(names.Count >= 100, $"{names.Count} shapes");
        Assert.Distinct(names);
    }

    [Fact]
    public async Task The_probe_sees_rows_of_every_table()
    {
        // Were it blind, every shape would pass that locks nothing.
        await using var connection = await database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand(string.Join(';', Tables.Select(table => $"SELECT 1 FROM {table} FOR KEY SHARE")), connection, transaction);
        await command.ExecuteNonQueryAsync();

        Assert.Equal(Tables.Where(table => table is not ("chapters" or "genres")), (await LockedAsync()).Split(' ').Select(part => part.Split(':')[0]));
    }

    /// <summary>All rows that somebody else holds a lock of any strength on, as <c>table:key,key</c>.</summary>
    private async Task<string> LockedAsync()
    {
        var free = string.Join(", ", Tables.Select(table => $"f_{table} AS (SELECT \"Id\" FROM {table} FOR UPDATE SKIP LOCKED)"));
        var locked = string.Join(" UNION ALL ", Tables.Select(table =>
            $"SELECT '{table}' AS t, \"Id\" FROM (SELECT \"Id\" FROM {table} EXCEPT SELECT \"Id\" FROM f_{table}) AS l_{table}"));
        await using var connection = await database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand(
            $"WITH {free} SELECT coalesce(string_agg(t || ':' || ids, ' ' ORDER BY t), '') FROM (SELECT t, string_agg(\"Id\"::text, ',' ORDER BY \"Id\") AS ids FROM ({locked}) AS l GROUP BY t) AS g",
            connection, transaction);
        return (string)(await command.ExecuteScalarAsync())!;
    }
}
