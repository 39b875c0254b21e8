using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Bulk;

namespace Tiebreak.Tests.Bulk;

public sealed class ConflictTests(ShapeDatabase database) : IClassFixture<ShapeDatabase>
{
    [Fact]
    public async Task Rows_that_were_there_first_are_told_from_those_that_went_in()
    {
        var code = database.NewCode();
        await using var context = database.Open();
        var first = ShapeDatabase.Uses(code, 10);
        await context.BulkInsertAsync(first);
        var second = ShapeDatabase.Uses(code, 10, first: 5);
        var result = await context.BulkInsertOrIgnoreAsync([.. first[..2], .. second]);
        Assert.Equal([.. first[..2], .. second[..5]], result.Missed);
        Assert.Equal(second[5..], result.Written);
    }

    [Fact]
    public async Task A_conflict_on_other_properties_than_the_named_ones_is_an_error()
    {
        var code = database.NewCode();
        await using var context = database.Open();
        var uses = ShapeDatabase.Uses(code, 2);
        await context.BulkInsertAsync(uses);
        var same = new Use { Id = Guid.NewGuid(), Code = code, UserId = uses[0].UserId };
        Assert.Equal([same], (await context.BulkInsertOrIgnoreAsync([same], use => new { use.UserId, use.Code })).Missed);
        var error = await Assert.ThrowsAsync<DbUpdateException>(() => context.BulkInsertOrIgnoreAsync([same], use => use.Id));
        Assert.Equal(PostgresErrorCodes.UniqueViolation, Assert.IsType<PostgresException>(error.InnerException).SqlState);
    }

    [Fact]
    public async Task Of_rows_with_one_key_in_the_list_the_first_goes_in()
    {
        var code = database.NewCode();
        await using var context = database.Open();
        var since = new DateTime(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        Membership[] rows = [new() { GroupId = code, UserId = "a", Since = since }, new() { GroupId = code, UserId = "a", Since = since.AddDays(1) }, new() { GroupId = code, UserId = "b", Since = since }];
        var result = await context.BulkInsertOrIgnoreAsync(rows);
        Assert.Equal([rows[1]], result.Missed);
        Assert.All(await context.Memberships.Where(membership => membership.GroupId == code).ToListAsync(), membership => Assert.Equal(since, membership.Since));
    }

    [Fact]
    public async Task Each_of_many_rows_goes_in_once_however_many_insert_it_at_once()
    {
        var code = database.NewCode();
        var written = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            await using var context = database.Open();
            var count = 0;
            for (var first = 0; first < 500; first += 50)
            {
                count += (await context.BulkInsertOrIgnoreAsync(ShapeDatabase.Uses(code, 100, first), use => new { use.Code, use.UserId })).Written.Count;
            }

            return count;
        }));
        Assert.Equal(550, written.Sum());
        await using var check = database.Open();
        Assert.Equal(550, await check.Uses.CountAsync(use => use.Code == code));
    }
}
