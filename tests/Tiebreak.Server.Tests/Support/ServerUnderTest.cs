using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Tiebreak.Server.Tests.Support;

/// <summary>The whole server, listening on a loopback port of its own, in this process.</summary>
public sealed class ServerUnderTest : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ServerUnderTest(WebApplication app, LogLines log)
    {
        _app = app;
        Log = log;
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        Api = new ApiClient(Address);
    }

    public Uri Address { get; }

    public ApiClient Api { get; }

    /// <summary>What the server logged at warning and above.</summary>
    public LogLines Log { get; }

    public IServiceProvider Services => _app.Services;

    /// <param name="connectionString">The database; it is migrated by the start.</param>
    /// <param name="time">The time that the server decides at, where a test sets it.</param>
    /// <param name="configure">Settings that differ.</param>
    /// <param name="replace">Services that differ.</param>
    /// <param name="waitUntilReady">Whether to come back only when the database is set up.</param>
    public static async Task<ServerUnderTest> StartAsync(
        string connectionString, ServerTime? time = null, Action<WebApplicationBuilder>? configure = null, Action<IServiceCollection>? replace = null, bool waitUntilReady = true)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ApplicationName = typeof(ServerHost).Assembly.GetName().Name });
        var log = new LogLines();
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Warning).AddProvider(log);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        configure?.Invoke(builder);
        builder.AddTiebreakServer(connectionString);
        if (time is not null)
        {
            builder.Services.AddSingleton(ServerTime.Seam);
        }

        replace?.Invoke(builder.Services);
        var app = builder.Build();
        app.UseTiebreakServer();
        await app.StartAsync();
        var server = new ServerUnderTest(app, log);
        if (waitUntilReady)
        {
            await server.UntilReadyAsync();
        }

        return server;
    }

    public Task UntilReadyAsync() => Eventually.TrueAsync(
        async () => (await Api.GetAsync("/health/ready")).Status == 200, "the server is ready");

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        await _app.DisposeAsync();
    }
}
