using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Query;
using Microsoft.Extensions.DependencyInjection;
using Tiebreak.RowLocks;

namespace Tiebreak.Tests.RowLocks;

/// <summary>Locks work in whatever order the options were given, and are never lost to other options without a word.</summary>
public sealed class OptionsTests(ConcertDatabase database) : IClassFixture<ConcertDatabase>
{
    [Fact]
    public async Task UseTiebreak_may_come_before_UseNpgsql() =>
        await LocksAsync(new DbContextOptionsBuilder<ConcertContext>().UseTiebreak().UseNpgsql(database.Source));

    [Fact]
    public async Task UseTiebreak_may_come_after_UseNpgsql() =>
        await LocksAsync(new DbContextOptionsBuilder<ConcertContext>().UseNpgsql(database.Source).UseTiebreak());

    [Fact]
    public async Task UseTiebreak_twice_is_UseTiebreak_once() =>
        await LocksAsync(new DbContextOptionsBuilder<ConcertContext>().UseTiebreak().UseNpgsql(database.Source).UseTiebreak());

    [Fact]
    public async Task A_retrying_execution_strategy_does_not_get_in_the_way()
    {
        await using var context = new ConcertContext(new DbContextOptionsBuilder<ConcertContext>()
            .UseNpgsql(database.Source, npgsql => npgsql.EnableRetryOnFailure()).UseTiebreak().Options);
        await context.Database.CreateExecutionStrategy().ExecuteAsync(async () =>
        {
            await using var transaction = await context.Database.BeginTransactionAsync();
            await context.Concerts.Include(c => c.Bookings).AsSplitQuery().ForUpdate().SingleAsync(c => c.Id == 2);
            Assert.Equal([2], await database.LockedAsync("concerts"));
        });
    }

    [Fact]
    public async Task A_pooled_context_locks_and_refreshes()
    {
        await using var services = new ServiceCollection()
            .AddPooledDbContextFactory<ConcertContext>(options => options.UseNpgsql(database.Source).UseTiebreak())
            .BuildServiceProvider();
        var factory = services.GetRequiredService<IDbContextFactory<ConcertContext>>();
        for (var id = 1; id <= 3; id++)
        {
            await using var context = await factory.CreateDbContextAsync();
            await using var transaction = await context.Database.BeginTransactionAsync();
            await context.Concerts.ForUpdate().SingleAsync(c => c.Id == id);
            Assert.Equal([id], await database.LockedAsync("concerts"));
        }
    }

    [Fact]
    public async Task A_forgotten_UseTiebreak_is_named_when_the_query_is_built()
    {
        await using var context = new ConcertContext(new DbContextOptionsBuilder<ConcertContext>().UseNpgsql(database.Source).Options);

        var error = Assert.Throws<RowLockNotPossibleException>(() => context.Concerts.Where(c => c.Id == 2).ForUpdate());

        Assert.Contains("UseTiebreak()", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forgotten_UseTiebreak_is_named_by_the_operator_that_was_written()
    {
        await using var context = new ConcertContext(new DbContextOptionsBuilder<ConcertContext>().UseNpgsql(database.Source).Options);

        foreach (var (name, build) in new (string, Func<object>)[]
        {
            ("ForShare()", () => context.Concerts.ForShare(RowLockWait.SkipLocked)),
            ("ForNoKeyUpdate()", () => context.Concerts.ForNoKeyUpdate(RowLockWait.UpTo(TimeSpan.FromSeconds(1)))),
            ("Of()", () => context.Bookings.Of(b => b.Concert)),
        })
        {
            Assert.StartsWith(name + " needs UseTiebreak()", Assert.Throws<RowLockNotPossibleException>(build).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_forgotten_UseTiebreak_in_a_compiled_query_fails_and_names_the_operator()
    {
        var compiled = EF.CompileAsyncQuery((ConcertContext c, int id) => c.Concerts.Where(x => x.Id == id).ForUpdate().First());
        await using var context = new ConcertContext(new DbContextOptionsBuilder<ConcertContext>().UseNpgsql(database.Source).Options);

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => compiled(context, 1));

        Assert.Contains("ForUpdate", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_replaced_sql_generator_is_refused()
    {
        var options = new DbContextOptionsBuilder<ConcertContext>().UseNpgsql(database.Source).UseTiebreak()
            .ReplaceService<IQuerySqlGeneratorFactory, OtherGeneratorFactory>().Options;

        var error = Assert.Throws<RowLockNotPossibleException>(() => new ConcertContext(options));

        Assert.Contains("IQuerySqlGeneratorFactory", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_internal_service_provider_is_refused()
    {
        await using var provider = new ServiceCollection().AddEntityFrameworkNpgsql().BuildServiceProvider();
        var options = new DbContextOptionsBuilder<ConcertContext>()
            .UseNpgsql(database.Source).UseTiebreak().UseInternalServiceProvider(provider).Options;

        var error = Assert.Throws<RowLockNotPossibleException>(() => new ConcertContext(options));

        Assert.Contains("UseInternalServiceProvider", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tag_that_looks_like_a_lock_locks_nothing()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        await context.Concerts.TagWith("FOR UPDATE OF c\nTiebreak:RowLock").ToListAsync();

        Assert.Empty(await database.LockedAsync("concerts"));
    }

    private async Task LocksAsync(DbContextOptionsBuilder<ConcertContext> options)
    {
        await using var context = new ConcertContext(options.Options);
        await using var transaction = await context.Database.BeginTransactionAsync();
        await context.Concerts.ForUpdate().SingleAsync(c => c.Id == 2);
        Assert.Equal([2], await database.LockedAsync("concerts"));
    }

    private sealed class OtherGeneratorFactory(QuerySqlGeneratorDependencies dependencies) : IQuerySqlGeneratorFactory
    {
        public QuerySqlGenerator Create() => new(dependencies);
    }
}
