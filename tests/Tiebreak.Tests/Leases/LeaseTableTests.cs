using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Leases;
using Tiebreak.WorkQueues;

namespace Tiebreak.Tests.Leases;

public sealed class LeaseTableTests(LeaseDatabase database) : IClassFixture<LeaseDatabase>
{
    private const string Shape = """
        SELECT string_agg(column_name || ' ' || data_type || ' ' || is_nullable, E'\n' ORDER BY column_name) || E'\n' ||
            (SELECT string_agg(indexdef, E'\n' ORDER BY indexdef) FROM pg_indexes WHERE tablename = 'leases')
        FROM information_schema.columns WHERE table_name = 'leases'
        """;

    [Fact]
    public async Task The_script_creates_what_the_model_maps_and_a_second_run_changes_nothing()
    {
        await using var source = NpgsqlDataSource.Create(await database.NewDatabaseAsync());
        for (var run = 0; run < 2; run++)
        {
            await using var create = source.CreateCommand(LeaseTable.CreateScript());
            await create.ExecuteNonQueryAsync();
        }

        await using var shape = source.CreateCommand(Shape);
        Assert.Equal(await database.ScalarAsync(Shape), await shape.ExecuteScalarAsync());
    }

    [Fact]
    public async Task Servers_that_start_at_once_may_all_run_the_scripts()
    {
        await using var source = NpgsqlDataSource.Create(await database.NewDatabaseAsync());
        for (var round = 0; round < 5; round++)
        {
            await using (var drop = source.CreateCommand("DROP TABLE IF EXISTS leases, jobs"))
            {
                await drop.ExecuteNonQueryAsync();
            }

            await Task.WhenAll(Enumerable.Range(0, 16).Select(async server =>
            {
                await using var create = source.CreateCommand(server % 2 == 0 ? LeaseTable.CreateScript() : WorkQueueSchema.CreateScript());
                await create.ExecuteNonQueryAsync();
            }));
        }

        await using var shape = source.CreateCommand(Shape);
        Assert.Equal(await database.ScalarAsync(Shape), await shape.ExecuteScalarAsync());
    }

    [Fact]
    public async Task Table_schema_and_columns_can_have_names_of_their_own()
    {
        await using var source = NpgsqlDataSource.Create(await database.NewDatabaseAsync());
        var contexts = new RenamedContexts(new DbContextOptionsBuilder<RenamedContext>().UseNpgsql(source).Options);
        await using var db = contexts.CreateDbContext();
        await db.Database.EnsureCreatedAsync();
        var store = new LeaseStore<RenamedContext>(contexts, LeaseDatabase.Still);

        await using var lease = await store.AcquireAsync("renamed");
        Assert.Null(await store.TryAcquireAsync("renamed"));
        await using var transaction = await db.Database.BeginTransactionAsync();
        await db.FenceAsync(lease);
        Assert.Equal(lease.Token, (await db.Set<LeaseRow>().SingleAsync()).Token);
    }

    [Fact]
    public async Task The_script_quotes_its_names()
    {
        await using var source = NpgsqlDataSource.Create(await database.NewDatabaseAsync());
        await using var create = source.CreateCommand("CREATE SCHEMA \"my\"\"schema\";" + LeaseTable.CreateScript("Who's \"in\"", "my\"schema"));
        await create.ExecuteNonQueryAsync();

        await using var count = source.CreateCommand("SELECT count(*) FROM \"my\"\"schema\".\"Who's \"\"in\"\"\"");
        Assert.Equal(0L, await count.ExecuteScalarAsync());
        Assert.Throws<ArgumentException>(() => LeaseTable.CreateScript(" "));
    }

    private sealed class RenamedContext(DbContextOptions<RenamedContext> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder)
        {
            modelBuilder.UseLeases("Who's \"in\"", "my schema");
            modelBuilder.Entity<LeaseRow>().Property(row => row.ExpiresAt).HasColumnName("Free \"from\"");
        }
    }

    private sealed class RenamedContexts(DbContextOptions<RenamedContext> options) : IDbContextFactory<RenamedContext>
    {
        public RenamedContext CreateDbContext() => new(options);
    }
}
