using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Tiebreak.Operations;
using Tiebreak.Server.Systems;
using Tiebreak.Transactions;

namespace Tiebreak.Server.Races.Tests;

/// <summary>The server's operations under one guard, on the database that an actor is offered: what one server of several is.</summary>
internal sealed class OperationServer
{
    private static readonly ConcurrentDictionary<(string Actor, string Guard), OperationServer> Servers = [];

    private OperationServer(string guard)
    {
        Port = FreePort();
        // Many servers in one process would each watch their settings.
        var builder = WebApplication.CreateSlimBuilder(["--hostBuilder:reloadConfigOnChange=false"]);
        builder.Logging.ClearProviders();
        if (guard != Guards.None)
        {
            builder.Configuration["Guard:Kind"] = guard == Guards.FourLanes ? Guards.Lane : guard;
            builder.Configuration["Guard:Lanes"] = guard == Guards.FourLanes ? "4" : "1";
            // A lane waits a part of this before it looks elsewhere: what is held at a gate is not held by somebody outside.
            builder.Configuration["Guard:LockWait"] = "00:30:00";
        }

        builder.AddTiebreakServer($"Host=127.0.0.1;Port={Port};Username=any;Password=any;Database=any;Ssl Mode=Disable;GSS Encryption Mode=Disable;Command Timeout=0");
        if (guard == Guards.None)
        {
            builder.Services.AddSingleton<IGuard<SystemDb>>(services => new UnguardedGuard<SystemDb>(
                services.GetRequiredService<IDbContextFactory<SystemDb>>(), options: new AtomicOptions { MaxAttempts = 1 }));
        }

        Services = builder.Build().Services;
    }

    /// <summary>Where it looks for its database.</summary>
    public int Port { get; }

    public IServiceProvider Services { get; }

    /// <summary>One for each actor and guard, for all explorations: it takes longer to make one than to explore.</summary>
    public static OperationServer Of(string actor, string guard) => Servers.GetOrAdd((actor, guard), of => new OperationServer(of.Guard));

    /// <summary>The database behind the port is another one from here on.</summary>
    public void Disconnect() => Services.GetRequiredService<NpgsqlDataSource>().Clear();

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
