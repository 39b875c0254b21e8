using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Tiebreak.Server;
using Tiebreak.Server.Storage;

namespace Tiebreak.Bench.Hosting;

/// <summary>The server's operations under one guard, without HTTP.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private BenchServer(WebApplication app) => _app = app;

    public IServiceProvider Services => _app.Services;

    public NpgsqlDataSource Source => Services.GetRequiredService<NpgsqlDataSource>();

    public IDbContextFactory<TiebreakDb> Contexts => Services.GetRequiredService<IDbContextFactory<TiebreakDb>>();

    /// <summary>Makes the operations, and the tables where they are missing.</summary>
    public static async Task<BenchServer> CreateAsync(string connectionString, string guard)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration["Guard:Kind"] = guard;
        builder.Configuration["Guard:LockWait"] = "00:05:00";
        builder.Configuration["Guard:QueueWait"] = "00:10:00";
        builder.AddTiebreakServer(connectionString);
        var server = new BenchServer(builder.Build());
        await using var db = await server.Contexts.CreateDbContextAsync();
        await db.Database.MigrateAsync();
        return server;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        command.CommandTimeout = 600;
        await command.ExecuteNonQueryAsync();
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
