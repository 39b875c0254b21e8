using System.Collections.Concurrent;
using Tiebreak.Bulk;

namespace Tiebreak.Tests.Bulk;

/// <summary>Rows that are found by their keys, in the round trip of a batch.</summary>
public sealed class FindTests(ShapeDatabase database) : IClassFixture<ShapeDatabase>
{
    [Fact]
    public async Task Rows_are_found_by_one_property()
    {
        await using var context = database.Open();
        var uses = await WrittenAsync(context, 20);

        var found = await FoundAsync(context, bulk => bulk.Find([uses[3].Id, uses[7].Id, uses[3].Id, Guid.NewGuid()], (Use use) => use.Id));

        Assert.Equal(new[] { uses[3], uses[7] }.Select(Text).Order(), found.Select(Text).Order());
        Assert.Empty(context.ChangeTracker.Entries());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public async Task Rows_are_found_by_two_properties_of_which_one_is_the_same_in_all_keys(int count)
    {
        await using var context = database.Open();
        var uses = await WrittenAsync(context, 20);

        var found = await FoundAsync(context, bulk => bulk.Find(uses.Take(count).Select(use => new { use.Code, use.UserId }), (Use use) => new { use.Code, use.UserId }));

        Assert.Equal(uses.Take(count).Select(Text).Order(), found.Select(Text).Order());
    }

    [Fact]
    public async Task Of_two_keys_only_the_pairs_that_were_asked_for_are_found()
    {
        await using var context = database.Open();
        var (one, other) = (await WrittenAsync(context, 3), await WrittenAsync(context, 3));

        var found = await FoundAsync(context, bulk => bulk.Find(
            new[] { new { one[0].Code, one[0].UserId }, new { other[1].Code, other[1].UserId } }, (Use use) => new { use.Code, use.UserId }));

        Assert.Equal(new[] { one[0], other[1] }.Select(Text).Order(), found.Select(Text).Order());
    }

    /// <summary>
    /// Given the shared value by itself PostgreSQL, where it has no statistics, goes by an index that begins with that
    /// column, and reads all that hangs on it.
    /// </summary>
    [Fact]
    public async Task Keys_that_share_a_value_are_looked_up_one_by_one_all_the_same()
    {
        var sent = new ConcurrentQueue<string>();
        await using var context = database.Open(sent);
        var uses = await WrittenAsync(context, 3);
        await FoundAsync(context, bulk => bulk.Find(uses.Select(use => new { use.Code, use.UserId }), (Use use) => new { use.Code, use.UserId }));

        Assert.Single(sent, text => text.Contains("FROM unnest(@p0_0::text[], @p0_1::text[]) AS u(c0, c1) JOIN", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_key_with_a_null_finds_nothing()
    {
        await using var context = database.Open();
        var uses = await WrittenAsync(context, 2);

        Assert.Empty(await FoundAsync(context, bulk => bulk.Find(new[] { new { uses[0].Code, UserId = (string?)null } }, (Use use) => new { use.Code, UserId = (string?)use.UserId })));
    }

    [Fact]
    public async Task More_keys_than_one_statement_takes_are_all_found()
    {
        await using var context = database.Open();
        var uses = await WrittenAsync(context, 10_003);

        Assert.Equal(uses.Count, (await FoundAsync(context, bulk => bulk.Find(uses.Select(use => use.Id), (Use use) => use.Id))).Count);
    }

    [Fact]
    public async Task A_search_sees_what_was_written_before_it_in_its_batch()
    {
        await using var context = database.Open();
        var uses = ShapeDatabase.Uses(database.NewCode(), 2);
        var bulk = context.Bulk();
        var before = bulk.Find(uses.Select(use => use.Id), (Use use) => use.Id);
        bulk.Insert(uses);
        var after = bulk.Find(uses.Select(use => use.Id), (Use use) => use.Id);

        Assert.Equal(2, await bulk.ExecuteAsync());

        Assert.Empty(before.Found);
        Assert.Equal(2, after.Found.Count);
    }

    [Fact]
    public async Task No_keys_are_no_round_trip_and_rows_wait_for_the_execution()
    {
        await using var context = database.Open();
        Assert.Empty(context.Bulk().Find(Array.Empty<Guid>(), (Use use) => use.Id).Found);
        Assert.Throws<InvalidOperationException>(() => context.Bulk().Find([Guid.NewGuid()], (Use use) => use.Id).Found);
    }

    [Fact]
    public async Task What_no_row_can_be_made_of_or_found_by_is_refused()
    {
        await using var context = database.Open();
        Assert.Contains("LINQ", Assert.Throws<InvalidOperationException>(() => context.Bulk().Find([1], (Venue venue) => venue.Id)).Message, StringComparison.Ordinal);
        Assert.Contains("LINQ", Assert.Throws<InvalidOperationException>(() => context.Bulk().Find([1], (Cat cat) => cat.Id)).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => context.Bulk().Find([1], (Child child) => child.Id));
        Assert.Throws<ArgumentException>(() => context.Bulk().Find([1], (Use use) => use.Code.Length));
        Assert.Throws<ArgumentException>(() => context.Bulk().Find([new List<string>()], (Use use) => use.Tags));
    }

    private async Task<List<Use>> WrittenAsync(ShapeContext context, int count)
    {
        var uses = ShapeDatabase.Uses(database.NewCode(), count);
        await context.BulkInsertAsync(uses);
        return uses;
    }

    private static async Task<IReadOnlyList<Use>> FoundAsync(ShapeContext context, Func<BulkBatch, BulkRows<Use>> search)
    {
        var bulk = context.Bulk();
        var rows = search(bulk);
        await bulk.ExecuteAsync();
        return rows.Found;
    }

    private static string Text(Use use) => System.Text.Json.JsonSerializer.Serialize(use);
}
