using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tiebreak.Operations;
using Tiebreak.Server.Storage;

namespace Tiebreak.Server.Races.Tests;

/// <summary>The server's operations under one guard, on one actor's connection string: what one server of several is.</summary>
internal static class OperationServer
{
    private static readonly ConcurrentDictionary<(string Database, string Guard), IServiceProvider> Servers = [];

    /// <summary>One for each actor and guard; made when it is first asked for.</summary>
    public static IServiceProvider On(string database, string guard) => Servers.GetOrAdd((database, guard), Create);

    private static IServiceProvider Create((string Database, string Guard) of)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        if (of.Guard != Guards.None)
        {
            builder.Configuration["Guard:Kind"] = of.Guard;
        }

        builder.AddTiebreakServer(of.Database);
        if (of.Guard == Guards.None)
        {
            builder.Services.AddSingleton<IGuard<TiebreakDb>>(services => new UnguardedGuard<TiebreakDb>(services.GetRequiredService<IDbContextFactory<TiebreakDb>>()));
        }

        return builder.Build().Services;
    }
}
