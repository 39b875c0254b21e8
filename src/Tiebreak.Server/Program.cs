using Tiebreak.LocalPostgres;
using Tiebreak.Server;
using Tiebreak.Server.Settings;
using Tiebreak.Server.Storage;

// Settings stand beside the program, wherever it is started from.
var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
using var startLog = LoggerFactory.Create(logging => logging.AddConfiguration(builder.Configuration.GetSection("Logging")).AddConsole());
var log = startLog.CreateLogger("Tiebreak.Server");

LocalPostgresServer? postgres = null;
try
{
    var connectionString = builder.Configuration.GetConnectionString("Tiebreak");
    if (connectionString is null)
    {
        var folder = builder.Configuration["LocalPostgres:DataFolder"] ?? Path.GetFullPath(".tiebreak");
        postgres = await LocalPostgresServer.StartAsync(new LocalPostgresOptions { DataFolder = folder }, log);
        connectionString = postgres.ConnectionString;
    }

    builder.AddTiebreakServer(connectionString);
    await using var app = builder.Build();
    if (args.FirstOrDefault() == ReconcileCommand.Name)
    {
        return await ReconcileCommand.RunAsync(app.Services, Console.Out, CancellationToken.None);
    }

    app.UseTiebreakServer();
    await app.RunAsync();
    return 0;
}
catch (LocalPostgresException exception)
{
    log.LogCritical("{Reason}", exception.Message);
    return 2;
}
catch (SettingsException exception)
{
    log.LogCritical("{Reason}", exception.Message);
    return 2;
}
catch (IOException exception) when (exception.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
{
    log.LogCritical("{Reason} Another program listens there: stop it, or choose another address with --urls http://127.0.0.1:PORT", exception.Message);
    return 2;
}
finally
{
    if (postgres is not null)
    {
        await postgres.DisposeAsync();
    }
}
