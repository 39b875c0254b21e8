using System.Text;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.HostFiltering;
using Tiebreak.Server.Access;
using Tiebreak.Server.Http;
using Tiebreak.Server.Http.Bodies;
using Tiebreak.Server.Http.OpenApi;
using Tiebreak.Server.Http.Problems;
using Tiebreak.Server.Invites;
using Tiebreak.Server.Pages;
using Tiebreak.Server.Points;
using Tiebreak.Server.Storage;
using Tiebreak.Server.Tickets;

namespace Tiebreak.Server;

/// <summary>Puts the service together. The order here is the order in which a request meets things.</summary>
internal static class ServerHost
{
    public static void AddTiebreakServer(this WebApplicationBuilder builder, string connectionString)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Bytes beyond ASCII reach the checks of each header, which answer with a problem; the default ends in a bare 400.
            kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
            // The bodies' own bounds are checked where they are read, with an answer that says so; this is the net below.
            kestrel.Limits.MaxRequestBodySize = 16 * 1024 * 1024;
        });

        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddStorage(connectionString, builder.Configuration);
        builder.Services.AddInvites();
        builder.Services.AddTickets();
        builder.Services.AddPoints();
        builder.Services.AddSingleton(new ProblemCatalog([.. HttpProblems.All, .. InviteRefusals.All, .. TicketRefusals.All, .. PointsRefusals.All]));
        builder.Services.AddCallerRate(builder.Configuration);
        builder.Services.AddRazorComponents();
        builder.Services.AddOpenApi("v1", options => options.AddDocumentTransformer<OpenApiContract>().AddOperationTransformer<OpenApiContract>().AddSchemaTransformer<OpenApiSchemas>());
        builder.Services.AddExceptionHandler<ExceptionToProblem>();
        builder.Services.AddSingleton<RepeatedLines>();
        builder.Services.AddSingleton<WriteProbe>();
        // The framework's filter of hosts stands before this pipeline; its bare 400 gets its body from what stands before that.
        builder.Services.Configure<HostFilteringOptions>(options => options.IncludeFailureMessage = false);
        builder.Services.Insert(0, ServiceDescriptor.Transient<IStartupFilter, EveryAnswer>());
        builder.Services.AddSingleton(services => new BodyBudget(services.GetRequiredService<TimeProvider>()));
        builder.Services.AddSingleton<Draining>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Draining>());
        builder.Services.ConfigureHttpJsonOptions(options =>
        {
            options.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            options.SerializerOptions.TypeInfoResolverChain.Insert(0, InviteJson.Default);
            options.SerializerOptions.TypeInfoResolverChain.Insert(0, TicketJson.Default);
            options.SerializerOptions.TypeInfoResolverChain.Insert(0, PointsJson.Default);
            options.SerializerOptions.TypeInfoResolverChain.Insert(0, HttpJson.Default);
        });
    }

    public static void UseTiebreakServer(this WebApplication app)
    {
        var draining = app.Services.GetRequiredService<Draining>();
        app.Use(next => httpContext => draining.InvokeAsync(httpContext, next));
        app.UseLocalOnly();
        app.UseCrossSiteRefusal();
        app.Use(next => httpContext =>
        {
            // RFC 9110, 9.3.2. The web server remembers what was asked for, and sends the answer without its body.
            if (HttpMethods.IsHead(httpContext.Request.Method))
            {
                httpContext.Request.Method = HttpMethods.Get;
            }

            return next(httpContext);
        });
        app.UseRouting();
        app.Use(next => httpContext => PathEscapes.DecodeAsync(httpContext, next));
        app.UseCallerRate();

        app.MapOpenApi("/openapi/v1.json");
        app.MapPages();
        app.MapHealth();
        var api = app.MapGroup(string.Empty).AddEndpointFilter<RouteGroupBuilder, DatabaseGate>();
        api.MapInvites();
        api.MapTickets();
        api.MapPoints();
    }
}
