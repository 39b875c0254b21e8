using Tiebreak.Operations;
using Tiebreak.Tests.Transactions;

namespace Tiebreak.Tests.Operations;

/// <summary>Which rows stand for the keys is said by a subject; that it is read rightly is the library's.</summary>
public sealed class SubjectTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_keys_with_several_parts_exactly_those_rows_come_that_were_asked_for(bool oneKeyAStatement)
    {
        var ids = new[] { await database.NewStockAsync(1), await database.NewStockAsync(2), await database.NewStockAsync(2) };
        var pairs = new Subject<Stock, Pair>(stock => new Pair(stock.Id, stock.Quantity), pair => $"stock/{pair.Id}");

        // Where the parts are mixed there are rows too: (ids[1], 2) is asked for, (ids[2], 2) is not.
        var found = await ReadAsync(oneKeyAStatement, scope => scope.ReadSubjectsAsync(pairs, [new(ids[1], 2), new(ids[0], 1), new(ids[2], 1)]));

        Assert.Equal([new(ids[0], 1), new(ids[1], 2)], found.Keys.OrderBy(pair => pair.Id));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Texts_are_taken_in_the_order_of_their_code_units(bool oneKeyAStatement)
    {
        var id = await database.NewStockAsync(1);
        await database.ExecuteAsync($"INSERT INTO holdings SELECT name || '-{id}', {id} FROM unnest(ARRAY['b', 'A', 'a', 'B', 'ä']) AS name");
        var holders = new Subject<Holding, string>(holding => holding.UserId, user => $"user/{user}");

        var found = await ReadAsync(oneKeyAStatement, scope => scope.ReadSubjectsAsync(holders, [.. new[] { "ä", "a", "b", "B", "A" }.Select(name => $"{name}-{id}")]));

        Assert.Equal(["A", "B", "a", "b", "ä"], found.Keys.Select(name => name.Split('-')[0]));
    }

    [Fact]
    public async Task Key_that_two_rows_have_is_refused_by_its_name()
    {
        await database.NewStockAsync(77_001);
        await database.NewStockAsync(77_001);
        var byQuantity = new Subject<Stock, int>(stock => stock.Quantity, quantity => $"quantity/{quantity}");

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ReadAsync(false, scope => scope.ReadSubjectsAsync(byQuantity, [77_001])));

        Assert.Contains("quantity/77001", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Condition_is_judged_on_the_row_as_it_is_after_the_wait()
    {
        var id = await database.NewStockAsync(1);
        var inStock = new Subject<Stock, int>(stock => stock.Id, key => $"stock/{key}") { Where = stock => stock.Quantity > 0, Tracked = false };
        Task<Dictionary<int, Stock>> waiting;
        await using (var connection = await database.Source.OpenConnectionAsync())
        {
            await using var transaction = await connection.BeginTransactionAsync();
            await using var taken = connection.CreateCommand();
            taken.CommandText = $"UPDATE stocks SET quantity = 0 WHERE id = {id}";
            await taken.ExecuteNonQueryAsync();
            waiting = ReadAsync(false, scope => scope.ReadSubjectsAsync(inStock, [id]));
            await database.UntilWaitingBehindAsync(connection.ProcessID);
            await transaction.CommitAsync();
        }

        Assert.Empty(await waiting);
    }

    [Fact]
    public void Key_that_is_no_property_is_refused_with_what_to_write() =>
        Assert.Contains("invite => invite.Code", Assert.Throws<ArgumentException>(() => new Subject<Stock, int>(stock => stock.Id + 1, key => $"stock/{key}")).Message, StringComparison.Ordinal);

    private async Task<Dictionary<TKey, TEntity>> ReadAsync<TKey, TEntity>(bool oneKeyAStatement, Func<OperationScope<StockContext>, Task<Dictionary<TKey, TEntity>>> read)
        where TKey : notnull
        where TEntity : class
    {
        if (oneKeyAStatement)
        {
            using var rowLock = new RowLockGuard<StockContext>(database.Contexts);
            return await rowLock.RunAsync(new Read<TKey, TEntity>(read), 0);
        }

        await using var lane = new Tiebreak.Lanes.LaneGuard<StockContext>(database.Contexts);
        return await lane.RunAsync(new Read<TKey, TEntity>(read), 0);
    }

    private sealed record Pair(int Id, int Quantity);

    private sealed class Read<TKey, TEntity>(Func<OperationScope<StockContext>, Task<Dictionary<TKey, TEntity>>> read) : IOperation<StockContext, int, Dictionary<TKey, TEntity>, Dictionary<TKey, TEntity>>
        where TKey : notnull
        where TEntity : class
    {
        public string Name => "read";

        public IEnumerable<string> KeysOf(int request) => [];

        public Task<Dictionary<TKey, TEntity>> LoadSubjectsAsync(OperationScope<StockContext> scope, IReadOnlyList<int> requests, CancellationToken cancellationToken) => read(scope);

        public Task LoadRelatedAsync(OperationScope<StockContext> scope, Dictionary<TKey, TEntity> state, IReadOnlyList<int> requests, CancellationToken cancellationToken) => Task.CompletedTask;

        public Dictionary<TKey, TEntity> Decide(Dictionary<TKey, TEntity> state, int request, DateTimeOffset now) => state;

        public Task SaveAsync(OperationScope<StockContext> scope, Dictionary<TKey, TEntity> state, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
