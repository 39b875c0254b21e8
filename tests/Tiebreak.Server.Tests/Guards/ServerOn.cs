using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Tiebreak.Operations;
using Tiebreak.Server.Systems;
using Tiebreak.Server.Tests.Support;
using Tiebreak.Testing;

namespace Tiebreak.Server.Tests.Guards;

/// <summary>A server on a guard of its own.</summary>
public sealed class ServerOn<TGuard>(PostgresCluster cluster) : ServerFixture(cluster)
    where TGuard : GuardUnderTest, new()
{
    public override int Many => typeof(TGuard) == typeof(RowLocksGuard) ? base.Many : 200;

    // The connection pool is made for the guard that the settings name.
    protected override void Configure(IConfiguration configuration) => configuration["Guard:Kind"] = "row-lock";

    protected override void Replace(IServiceCollection services) => services.AddSingleton<IGuard<SystemDb>>(provider => new TGuard().Create(
        provider.GetRequiredService<IDbContextFactory<SystemDb>>(), provider.GetRequiredService<NpgsqlDataSource>(), provider.GetRequiredService<TimeProvider>()));
}
