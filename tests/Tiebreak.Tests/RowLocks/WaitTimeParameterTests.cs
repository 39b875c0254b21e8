using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Tiebreak.RowLocks;

namespace Tiebreak.Tests.RowLocks;

/// <summary>The time of a bounded wait is a parameter of the query, as any captured value is.</summary>
public sealed class WaitTimeParameterTests(ConcertDatabase database) : IClassFixture<ConcertDatabase>
{
    private static readonly RowLockWait Short = RowLockWait.UpTo(TimeSpan.FromMilliseconds(20));
    private static readonly RowLockWait Long = RowLockWait.UpTo(TimeSpan.FromSeconds(77));

    [Fact]
    public async Task Every_time_shares_one_compiled_query()
    {
        var compiled = 0;
        await using var context = database.Open(configure: options => options.LogTo(_ => compiled++, [CoreEventId.QueryExecutionPlanned]));
        await using var transaction = await context.Database.BeginTransactionAsync();
        var query = context.Bookings.Where(b => b.Id == 10).TagWith("every time");
        await query.ForUpdate(RowLockWait.UpTo(TimeSpan.FromSeconds(1))).SingleAsync();
        var first = compiled;
        Assert.NotEqual(0, first);
        for (var ms = 1; ms <= 50; ms++)
        {
            await query.ForUpdate(RowLockWait.UpTo(TimeSpan.FromMilliseconds(1000 + ms))).SingleAsync();
        }

        Assert.Equal(first, compiled);
        await query.ForShare(RowLockWait.UpTo(TimeSpan.FromSeconds(1))).SingleAsync();
        await query.ForShare(RowLockWait.None).SingleAsync();
        await query.ForShare(RowLockWait.SkipLocked).SingleAsync();
        Assert.Equal(4 * first, compiled);
    }

    [Fact]
    public async Task Each_time_reaches_the_server()
    {
        var times = new WrittenTimes();
        await using var context = database.Open(configure: options => options.AddInterceptors(times));
        await using var transaction = await context.Database.BeginTransactionAsync();
        foreach (var ms in new[] { 1000, 2500.5, 3000 })
        {
            await context.Bookings.ForUpdate(RowLockWait.UpTo(TimeSpan.FromMilliseconds(ms))).SingleAsync(b => b.Id == 10);
        }

        Assert.Equal(["1000", "2501", "3000"], times.Written);
        Assert.All(times.Texts, text => Assert.Equal(times.Texts.First(), text));
    }

    [Fact]
    public async Task A_compiled_query_takes_the_time_as_its_parameter()
    {
        await using var holder = await HoldAsync(1);
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        Assert.Equal(2, (await CompiledUpTo(context, 2, TimeSpan.FromSeconds(5))).Id);
        Assert.Equal(3, (await CompiledUpTo(context, 3, TimeSpan.FromSeconds(6))).Id);
        Assert.Equal(3, (await CompiledSeconds(context, 3, 7)).Id);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => CompiledUpTo(context, 3, TimeSpan.Zero));
        Assert.Equal("0", await SettingAsync(context));
        Assert.Equal("55P03", await WaitTests.SqlStateOfAsync(CompiledUpTo(context, 1, TimeSpan.FromMilliseconds(20))));
    }

    [Fact]
    public async Task A_compiled_query_takes_only_a_time_as_its_way_to_wait()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        Assert.Equal(2, (await CompiledWait(context, 2, Long)).Id);
        var error = await Assert.ThrowsAsync<RowLockNotPossibleException>(() => CompiledWait(context, 2, RowLockWait.SkipLocked));
        Assert.Contains("RowLockWait.SkipLocked", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_captured_time_is_fixed_in_a_compiled_query()
    {
        var wait = Short;
        var compiled = EF.CompileAsyncQuery((ConcertContext c, int id) => c.Concerts.ForUpdate(wait).Single(x => x.Id == id));
        await using var holder = await HoldAsync(1);
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        Assert.Equal("55P03", await WaitTests.SqlStateOfAsync(compiled(context, 1)));
    }

    [Fact]
    public async Task The_query_string_shows_the_time()
    {
        await using var context = database.Open();

        var sql = context.Concerts.Where(c => c.Id == 2).ForUpdate(Long).ToQueryString();

        Assert.Contains("tiebreak_wait='77000'", sql, StringComparison.Ordinal);
    }

    private static readonly Func<ConcertContext, int, TimeSpan, Task<Concert>> CompiledUpTo = EF.CompileAsyncQuery(
        (ConcertContext c, int id, TimeSpan time) => c.Concerts.Where(x => x.Id == id).ForUpdate(RowLockWait.UpTo(time)).Single());

    private static readonly Func<ConcertContext, int, int, Task<Concert>> CompiledSeconds = EF.CompileAsyncQuery(
        (ConcertContext c, int id, int seconds) => c.Concerts.Where(x => x.Id == id).ForUpdate(RowLockWait.UpTo(new TimeSpan(0, 0, seconds))).Single());

    private static readonly Func<ConcertContext, int, RowLockWait, Task<Concert>> CompiledWait = EF.CompileAsyncQuery(
        (ConcertContext c, int id, RowLockWait wait) => c.Concerts.Where(x => x.Id == id).ForUpdate(wait).Single());

    private async Task<ConcertContext> HoldAsync(int id)
    {
        var holder = database.Open();
        await holder.Database.BeginTransactionAsync();
        await holder.Concerts.ForUpdate().SingleAsync(c => c.Id == id);
        return holder;
    }

    private static Task<string> SettingAsync(ConcertContext context) =>
        context.Database.SqlQueryRaw<string>("SELECT current_setting('lock_timeout') AS \"Value\"").SingleAsync();

    private sealed class WrittenTimes : DbCommandInterceptor
    {
        public List<string> Written { get; } = [];

        public List<string> Texts { get; } = [];

        public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
        {
            Texts.Add(command.CommandText);
            Written.AddRange(command.Parameters.Cast<DbParameter>().Where(p => p.ParameterName == "tiebreak_wait").Select(p => (string)p.Value!));
            return ValueTask.FromResult(result);
        }
    }
}
