using System.Net;
using System.Net.Sockets;
using Npgsql;
using Tiebreak.LocalPostgres;
using Tiebreak.Races.Cli.Files;

namespace Tiebreak.Races.Cli.Commands;

/// <summary>Says what of the set-up is missing, and what to do about it.</summary>
internal sealed class Doctor(TextWriter output)
{
    private bool _isWell = true;

    public async Task<int> RunAsync(string? path, CancellationToken cancellationToken)
    {
        var file = path is null ? null : ScenarioReader.Read(path);
        if (path is not null)
        {
            Say(null, $"{path} is a scenario", "");
        }

        if (file?.Database is { } database)
        {
            Say(await ServerComplaintAsync(database, cancellationToken).ConfigureAwait(false), "The database answers, and its role may create databases", "Correct \"database\", or leave it out for a private PostgreSQL.");
        }
        else
        {
            Say(await PrivateComplaintAsync(cancellationToken).ConfigureAwait(false), "A private PostgreSQL starts", "Install PostgreSQL, or write \"database\".");
        }

        foreach (var actor in file?.Actors ?? [])
        {
            await CheckAsync(actor, file!, cancellationToken).ConfigureAwait(false);
        }

        return _isWell ? ExitCode.Holds : ExitCode.Wrong;
    }

    private async Task CheckAsync(ActorSpec actor, ScenarioFile file, CancellationToken cancellationToken)
    {
        if (actor.Port != 0)
        {
            Say(PortComplaint(actor.Port), $"{actor.Name}: port {actor.Port} is free", "Stop what listens there, or choose another port.");
        }

        if (actor.Http is { } http)
        {
            Say(await Reachable.ComplaintAsync(http.Url, cancellationToken).ConfigureAwait(false), $"{actor.Name}: {http.Url.Authority} can be reached", $"Start this actor's instance of the application, with its database at 127.0.0.1:{actor.Port}.");
        }

        if (actor.Command is { } command)
        {
            Say(IsThere(command[0], file.Folder) ? null : "not found", $"{actor.Name}: {command[0]} is there", "Install it, or write its full path.");
        }
    }

    private void Say(string? complaint, string what, string advice)
    {
        _isWell &= complaint is null;
        output.WriteLine(complaint is null ? $"ok       {what}" : $"MISSING  {what}: {complaint}. {advice}");
    }

    private static async Task<string?> ServerComplaintAsync(string connectionString, CancellationToken cancellationToken)
    {
        try
        {
            var connection = new NpgsqlConnection(connectionString);
            await using (connection.ConfigureAwait(false))
            {
                await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
                var command = new NpgsqlCommand("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user", connection);
                await using (command.ConfigureAwait(false))
                {
                    return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is true ? null : "the role may not create databases";
                }
            }
        }
        catch (NpgsqlException exception)
        {
            return exception.Message;
        }
    }

    private static async Task<string?> PrivateComplaintAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("tiebreak-doctor-").FullName;
        var folders = new List<string> { folder };
        try
        {
            var server = await LocalPostgresServer.StartAsync(new LocalPostgresOptions { DataFolder = folder }, cancellationToken: cancellationToken).ConfigureAwait(false);
            folders.AddRange(server.DataFolder is { } data ? [data] : []);
            await server.DisposeAsync().ConfigureAwait(false);
            return null;
        }
        catch (LocalPostgresException exception)
        {
            return exception.Message;
        }
        finally
        {
            foreach (var made in folders.Where(Directory.Exists))
            {
                Directory.Delete(made, recursive: true);
            }
        }
    }

    private static string? PortComplaint(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return null;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode.ToString();
        }
    }

    private static bool IsThere(string program, string folder)
    {
        if (program.Contains('/', StringComparison.Ordinal) || program.Contains('\\', StringComparison.Ordinal))
        {
            return File.Exists(Path.Combine(folder, program));
        }

        var endings = OperatingSystem.IsWindows() ? ["", .. (Environment.GetEnvironmentVariable("PATHEXT") ?? ".EXE").Split(';')] : new[] { "" };
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Any(place => endings.Any(ending => File.Exists(Path.Combine(place, program + ending))));
    }
}
