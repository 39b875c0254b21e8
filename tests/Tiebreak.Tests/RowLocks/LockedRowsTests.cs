using Microsoft.EntityFrameworkCore;
using Tiebreak.RowLocks;

namespace Tiebreak.Tests.RowLocks;

/// <summary>Which rows are locked, by a second connection that skips locked rows, and what is sent for it.</summary>
public sealed class LockedRowsTests(ConcertDatabase database) : IClassFixture<ConcertDatabase>
{
    [Fact]
    public async Task ForUpdate_locks_the_row_that_was_asked_for_and_no_other()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        var concert = await context.Concerts.Where(c => c.Id == 2).ForUpdate().SingleAsync();

        Assert.Equal("Concert 2", concert.Name);
        Assert.Equal([2], await database.LockedAsync("concerts"));
    }

    [Fact]
    public async Task The_clause_names_the_tables_alias()
    {
        await using var context = database.Open();

        var sql = context.Concerts.Where(c => c.Id == 2).ForUpdate().ToQueryString();

        Assert.EndsWith("FOR UPDATE OF c", sql, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_refresh_selects_no_column_twice()
    {
        await using var context = database.Open();
        var query = context.Concerts.Where(c => c.Id == 2);

        Assert.Equal(query.ToQueryString() + Environment.NewLine + "FOR UPDATE OF c", query.ForUpdate().ToQueryString());
    }
}
