using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Tiebreak.Server;
using Tiebreak.Server.Storage;
using Tiebreak.Server.Systems;

namespace Tiebreak.Bench.Hosting;

/// <summary>The server's operations under one guard: called directly, or over HTTP.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    public const string Lane = "lane";
    public const string RowLock = "row-lock";

    private readonly WebApplication _app;

    private BenchServer(WebApplication app) => _app = app;

    public IServiceProvider Services => _app.Services;

    public NpgsqlDataSource Source => Services.GetRequiredService<NpgsqlDataSource>();

    public IDbContextFactory<TiebreakDb> Contexts => Services.GetRequiredService<IDbContextFactory<TiebreakDb>>();

    /// <summary>Where it listens, once <see cref="ListenAsync"/> has made it.</summary>
    public IPEndPoint EndPoint
    {
        get
        {
            var address = new Uri(Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
            return new IPEndPoint(IPAddress.Parse(address.Host), address.Port);
        }
    }

    /// <summary>Makes the operations, and the tables where they are missing. Nobody listens.</summary>
    /// <param name="connectionString">Its database.</param>
    /// <param name="guard">What its operations run under.</param>
    /// <param name="lockWait">How long a change waits for a lock; longer than any run when left out.</param>
    public static async Task<BenchServer> CreateAsync(string connectionString, string guard, TimeSpan? lockWait = null)
    {
        var server = Build(WebApplication.CreateSlimBuilder(), connectionString, guard, lockWait);
        await using var db = await server.Contexts.CreateDbContextAsync();
        await db.Database.MigrateAsync();
        return server;
    }

    /// <summary>The whole server on a free port of the loopback, logging warnings only, as it is run in production.</summary>
    public static async Task<BenchServer> ListenAsync(string connectionString, string guard)
    {
        var server = Build(WebApplication.CreateBuilder(), connectionString, guard);
        server._app.Urls.Add("http://127.0.0.1:0");
        server._app.UseTiebreakServer();
        await server._app.StartAsync();
        while (!server.Services.GetRequiredService<DatabaseState>().IsSetUp)
        {
            await Task.Delay(10);
        }

        return server;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        command.CommandTimeout = 600;
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Counts every record again: a contender that lost or doubled a change would be fast for nothing.</summary>
    /// <exception cref="InvalidOperationException">A counter differs from its records.</exception>
    public async Task ReconcileAsync()
    {
        await using var found = new StringWriter();
        if (await ReconcileCommand.RunAsync(Services, found, CancellationToken.None) != 0)
        {
            throw new InvalidOperationException($"The records differ from the counters, so no figure of this run counts: {found}");
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static BenchServer Build(WebApplicationBuilder builder, string connectionString, string guard, TimeSpan? lockWait = null)
    {
        builder.Logging.ClearProviders().AddConsole().SetMinimumLevel(LogLevel.Warning);
        builder.Configuration["Guard:Kind"] = guard;
        builder.Configuration["Guard:LockWait"] = (lockWait ?? TimeSpan.FromMinutes(5)).ToString("c");
        builder.Configuration["Guard:QueueWait"] = "00:10:00";
        builder.AddTiebreakServer(connectionString);
        return new BenchServer(builder.Build());
    }
}
