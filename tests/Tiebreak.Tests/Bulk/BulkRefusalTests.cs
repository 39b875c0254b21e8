using Tiebreak.Bulk;

namespace Tiebreak.Tests.Bulk;

/// <summary>What cannot be written is refused before anything is sent, with what to write instead.</summary>
public sealed class BulkRefusalTests(ShapeDatabase database) : IClassFixture<ShapeDatabase>
{
    [Fact]
    public Task A_class_that_is_not_mapped() => RefusedAsync<InvalidOperationException>(context => context.BulkInsertAsync([new object()]), "no entity type");

    [Fact]
    public Task An_owned_type() => RefusedAsync<InvalidOperationException>(context => context.BulkInsertAsync([new Staff()]), "Write the rows of the owner");

    [Fact]
    public Task A_type_without_key() => RefusedAsync<InvalidOperationException>(context => context.BulkInsertAsync([new Line()]), "HasKey");

    [Fact]
    public Task A_view() => RefusedAsync<InvalidOperationException>(context => context.BulkInsertAsync([new Shown()]), "not mapped to a table");

    [Fact]
    public Task A_type_of_several_tables() => RefusedAsync<InvalidOperationException>(context => context.BulkInsertAsync([new Car()]), "TPT");

    [Fact]
    public Task An_instance_of_another_table() => RefusedAsync<InvalidOperationException>(context => context.BulkInsertAsync([new Vehicle { Id = 1 }, new Car { Id = 2 }]), "Row 1");

    [Fact]
    public Task A_key_that_the_database_would_make() => RefusedAsync<InvalidOperationException>(context => context.BulkInsertAsync([new Numbered { Id = 1 }, new Numbered()]), "Row 1");

    [Fact]
    public Task Rows_owned_in_another_table() =>
        RefusedAsync<InvalidOperationException>(context => context.BulkInsertAsync([new Venue { Id = 1, Staff = [new Staff()] }]), "rows of another table");

    [Fact]
    public Task A_reference_whose_key_is_in_the_shadow() =>
        RefusedAsync<InvalidOperationException>(context => context.BulkInsertAsync([new Child { Id = 1, Use = new Use { Id = Guid.NewGuid() } }]), "UseId");

    [Fact]
    public Task A_key_that_is_stored_rounded_where_rows_come_back() =>
        RefusedAsync<InvalidOperationException>(context => context.BulkInsertOrIgnoreAsync([new Rounded { Id = 1 }]), "told apart");

    [Fact]
    public Task No_list() => RefusedAsync<ArgumentNullException>(context => context.BulkInsertAsync<Use>(null!), "rows");

    [Fact]
    public Task A_row_that_is_null() => RefusedAsync<ArgumentException>(context => context.BulkInsertAsync<Use>([new Use { Id = Guid.NewGuid() }, null!]), "Row 1");

    [Fact]
    public Task Two_updates_of_one_row() =>
        RefusedAsync<ArgumentException>(context => context.BulkUpdateAsync([new Membership { GroupId = "a", UserId = "b" }, new Membership { GroupId = "a", UserId = "b" }]), "(a, b)");

    [Fact]
    public Task Two_deletions_of_one_row() =>
        RefusedAsync<ArgumentException>(context => context.BulkDeleteAsync([new Numbered { Id = 4 }, new Numbered { Id = 4 }]), "key 4");

    [Fact]
    public Task An_update_of_the_key() => RefusedAsync<ArgumentException>(context => context.BulkUpdateAsync([new Use()], use => new { use.Id, use.Code }), "part of the key");

    [Fact]
    public Task An_update_of_a_computed_column() => RefusedAsync<ArgumentException>(context => context.BulkUpdateAsync([new Order()], order => order.Doubled), "cannot be updated");

    [Fact]
    public Task An_update_of_an_expression() => RefusedAsync<ArgumentException>(context => context.BulkUpdateAsync([new Use()], use => use.Number + 1), "Name properties");

    [Fact]
    public Task An_update_of_what_is_no_column() => RefusedAsync<ArgumentException>(context => context.BulkUpdateAsync([new Use()], use => use.Code.Length), "no mapped property");

    [Fact]
    public Task A_conflict_over_what_is_not_unique() =>
        RefusedAsync<ArgumentException>(context => context.BulkInsertOrIgnoreAsync([new Use()], use => use.Code), "unique index");

    [Fact]
    public Task A_conflict_over_a_filtered_index() =>
        RefusedAsync<ArgumentException>(context => context.BulkInsertOrIgnoreAsync([new Use()], use => use.Number), "without a filter");

    [Fact]
    public void A_result_is_not_there_before_its_batch_ran()
    {
        using var context = database.Open();
        var result = context.Bulk().Update([new Use()]);
        Assert.Throws<InvalidOperationException>(() => result.Written);
    }

    private async Task RefusedAsync<TException>(Func<ShapeContext, Task> bulk, string text)
        where TException : Exception
    {
        var sent = new System.Collections.Concurrent.ConcurrentQueue<string>();
        await using var context = database.Open(sent);
        var error = await Assert.ThrowsAnyAsync<TException>(() => bulk(context));
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
        Assert.Empty(sent);
    }
}
