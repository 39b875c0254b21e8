using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.RowLocks;

namespace Tiebreak.Tests.RowLocks;

/// <summary>Ways to wait, states of the tracker and forms of a query in every combination: fresh values, one locked row, no setting left.</summary>
public sealed class SeamTests(ConcertDatabase database) : IClassFixture<ConcertDatabase>
{
    private static readonly Dictionary<string, RowLockWait> Waits = new()
    {
        ["default"] = RowLockWait.Default,
        ["none"] = RowLockWait.None,
        ["skip"] = RowLockWait.SkipLocked,
        ["up to"] = RowLockWait.UpTo(TimeSpan.FromSeconds(3)),
    };

    private static readonly Func<ConcertContext, int, RowLockWait, IAsyncEnumerable<Concert>> Compiled =
        EF.CompileAsyncQuery((ConcertContext c, int id, RowLockWait wait) => c.Concerts.Where(x => x.Id == id).ForUpdate(wait));

    private static readonly Dictionary<string, Func<ConcertContext, RowLockWait, Task<Concert>>> Forms = new()
    {
        ["single"] = (c, w) => c.Concerts.ForUpdate(w).SingleAsync(x => x.Id == 2),
        ["sync"] = (c, w) => Task.FromResult(c.Concerts.Where(x => x.Id == 2).ForUpdate(w).ToList().Single()),
        ["stream broken off"] = async (c, w) =>
        {
            await foreach (var found in c.Concerts.Where(x => x.Id == 2).ForUpdate(w).AsAsyncEnumerable())
            {
                return found;
            }

            throw new InvalidOperationException();
        },
        ["split include"] = (c, w) => c.Concerts.Include(x => x.Bookings).AsSplitQuery().Where(x => x.Id == 2).ForUpdate(w).SingleAsync(),
        ["twice in an anonymous type"] = async (c, w) =>
        {
            var found = await c.Concerts.Where(x => x.Id == 2).ForUpdate(w).Select(x => new { A = x, B = x, x.Taken }).SingleAsync();
            Assert.Same(found.A, found.B);
            Assert.Equal(found.Taken, found.A.Taken);
            return found.B;
        },
        ["untracked"] = (c, w) => c.Concerts.AsNoTracking().Where(x => x.Id == 2).ForUpdate(w).SingleAsync(),
        ["array"] = (c, w) =>
        {
            int[] ids = [2, 99];
            return c.Concerts.Where(x => ids.Contains(x.Id)).ForUpdate(w).FirstAsync();
        },
        ["constant"] = (c, w) => c.Concerts.Where(x => x.Id == EF.Constant(2)).ForUpdate(w).SingleAsync(),
        ["shown first"] = (c, w) =>
        {
            var query = c.Concerts.Where(x => x.Id == 2).ForUpdate(w);
            Assert.Contains("FOR UPDATE", query.ToQueryString(), StringComparison.Ordinal);
            return query.SingleAsync();
        },
    };

    public static TheoryData<string, string, string> Cases()
    {
        var cases = new TheoryData<string, string, string>();
        foreach (var wait in Waits.Keys)
        {
            foreach (var form in Forms.Keys)
            {
                foreach (var state in new[] { "empty", "stale", "attached", "pooled" })
                {
                    cases.Add(wait, form, state);
                }
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Each_combination_is_fresh_and_locks_one_row(string wait, string form, string state)
    {
        var pool = new DbContextOptionsBuilder<ConcertContext>().UseNpgsql(database.Source).UseTiebreak();
        await using var context = state == "pooled" ? new ConcertContext(pool.Options) : database.Open();
        if (state is "stale" or "pooled")
        {
            await context.Concerts.SingleAsync(c => c.Id == 2);
        }
        else if (state == "attached")
        {
            context.Attach(new Concert { Id = 2, Name = "Old", Hall = new Address { City = "Rome" } });
        }

        await database.ExecuteAsync("UPDATE concerts SET \"Taken\" = \"Taken\" + 1, \"Name\" = 'New' WHERE \"Id\" = 2");
        await using var transaction = await context.Database.BeginTransactionAsync();
        await context.Database.ExecuteSqlRawAsync("SET LOCAL lock_timeout = '7s'");

        var found = await Forms[form](context, Waits[wait]);

        var truth = await context.Database.SqlQuery<int>($"SELECT \"Taken\" AS \"Value\" FROM concerts WHERE \"Id\" = 2").SingleAsync();
        Assert.Equal((truth, "New", "Bern"), (found.Taken, found.Name, found.Hall!.City));
        Assert.Equal([2], await database.LockedAsync("concerts"));
        Assert.Empty(await database.LockedAsync("bookings"));
        Assert.Equal("7s", await context.Database.SqlQuery<string>($"SELECT current_setting('lock_timeout') AS \"Value\"").SingleAsync());
        Assert.False(context.ChangeTracker.HasChanges());
    }

    [Fact]
    public async Task A_compiled_time_is_fresh_at_each_call()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        for (var i = 1; i < 4; i++)
        {
            await context.Concerts.Where(c => c.Id == 1).ExecuteUpdateAsync(set => set.SetProperty(c => c.Taken, i));
            await foreach (var found in Compiled(context, 1, RowLockWait.UpTo(TimeSpan.FromSeconds(i))))
            {
                Assert.Equal(i, found.Taken);
            }
        }
    }

    [Fact]
    public async Task A_list_that_was_refreshed_can_be_changed_in_place()
    {
        await using var context = database.Open();
        var concert = await context.Concerts.SingleAsync(c => c.Id == 3);
        await database.ExecuteAsync("UPDATE concerts SET \"Labels\" = ARRAY['theirs'] WHERE \"Id\" = 3");
        await using var transaction = await context.Database.BeginTransactionAsync();
        await context.Concerts.ForUpdate().SingleAsync(c => c.Id == 3);
        concert.Labels.Add("mine");
        await context.SaveChangesAsync();
        Assert.Equal(["theirs", "mine"], await context.Concerts.Where(c => c.Id == 3).Select(c => c.Labels).SingleAsync());
    }

    [Fact]
    public async Task A_row_that_became_another_type_is_refused()
    {
        await using var context = database.Open();
        await context.Tickets.SingleAsync(t => t.Id == 1);
        await database.ExecuteAsync("UPDATE tickets SET \"Discriminator\" = 'DayTicket', \"Day\" = 4 WHERE \"Id\" = 1");
        await using var transaction = await context.Database.BeginTransactionAsync();
        await Assert.ThrowsAsync<RowLockNotPossibleException>(() => context.Tickets.ForUpdate().SingleAsync(t => t.Id == 1));
    }

    [Fact]
    public async Task An_alternate_key_that_others_changed_is_not_handed_out_old()
    {
        await database.ExecuteAsync("CREATE TABLE coded (\"Id\" int PRIMARY KEY, \"Code\" text NOT NULL UNIQUE); INSERT INTO coded VALUES (1, 'a')");
        await using var context = new CodedContext(new DbContextOptionsBuilder<CodedContext>().UseNpgsql(database.Source).UseTiebreak().Options);
        await context.Set<Coded>().SingleAsync();
        await database.ExecuteAsync("UPDATE coded SET \"Code\" = 'b'");
        await using var transaction = await context.Database.BeginTransactionAsync();
        await Assert.ThrowsAsync<RowLockNotPossibleException>(() => context.Set<Coded>().ForUpdate().SingleAsync());
    }

    [Fact]
    public async Task A_failed_wait_leaves_nothing_behind_a_savepoint()
    {
        await using var holder = await database.Source.OpenConnectionAsync();
        await using var held = await holder.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand("SELECT 1 FROM promoters FOR UPDATE", holder, held))
        {
            await command.ExecuteNonQueryAsync();
        }

        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        await context.Database.ExecuteSqlRawAsync("SET LOCAL lock_timeout = '7s'");
        for (var i = 0; i < 3; i++)
        {
            await transaction.CreateSavepointAsync("s");
            await Assert.ThrowsAnyAsync<Exception>(() => context.Promoters.ForUpdate(RowLockWait.UpTo(TimeSpan.FromMilliseconds(5))).ToListAsync());
            await transaction.RollbackToSavepointAsync("s");
            Assert.Equal("7s", await context.Database.SqlQuery<string>($"SELECT current_setting('lock_timeout') AS \"Value\"").SingleAsync());
        }
    }

    private sealed class Coded
    {
        public int Id { get; set; }

        public string Code { get; set; } = "";
    }

    private sealed class CodedContext(DbContextOptions<CodedContext> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder)
        {
            modelBuilder.Entity<Coded>().ToTable("coded").HasAlternateKey(c => c.Code);
        }
    }
}
