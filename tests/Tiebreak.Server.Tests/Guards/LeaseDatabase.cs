using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Leases;
using Tiebreak.Operations;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Tests.Guards;

/// <summary>The leases beside the server's tables, in a context of their own.</summary>
internal sealed class LeaseDatabase(DbContextOptions<LeaseDatabase> options) : DbContext(options)
{
    public static LeaseGuard<SystemDb> Guard(IDbContextFactory<SystemDb> contexts, NpgsqlDataSource source, TimeProvider time)
    {
        using (var create = source.CreateCommand(LeaseTable.CreateScript()))
        {
            create.ExecuteNonQuery();
        }

        // Looked at often, so that many who wait for one key come through within the test.
        var store = new LeaseStore<LeaseDatabase>(
            new Factory(new DbContextOptionsBuilder<LeaseDatabase>().UseNpgsql(source).UseTiebreak().Options),
            new LeaseOptions { AcquireWait = TimeSpan.FromMinutes(5), PollEvery = TimeSpan.FromMilliseconds(20) });
        return new LeaseGuard<SystemDb>(contexts, LeaseGuard<SystemDb>.Acquire(store), GuardUnderTest.Waiting, time);
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.UseLeases();

    private sealed class Factory(DbContextOptions<LeaseDatabase> options) : IDbContextFactory<LeaseDatabase>
    {
        public LeaseDatabase CreateDbContext() => new(options);
    }
}
