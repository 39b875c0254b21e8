using System.Net;
using System.Net.Sockets;

namespace Tiebreak.LocalPostgres.Tests;

public sealed class SettingsTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Start_that_fails_shows_what_the_server_said()
    {
        var error = await StartAsync("no_such_setting", "1");
        Assert.Contains("unrecognized configuration parameter \"no_such_setting\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_that_open_the_server_to_others_are_refused()
    {
        var error = await StartAsync("listen_addresses", "*");
        Assert.Contains("listen_addresses cannot be changed", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.Data));
    }

    [Theory]
    [InlineData("any")]
    [InlineData("0")]
    [InlineData("65536")]
    public async Task Port_that_is_none_is_refused(string port)
    {
        var error = await StartAsync("port", port);
        Assert.Contains($"The setting port is '{port}'", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.Data));
    }

    [Fact]
    public async Task Port_of_ones_own_that_is_taken_is_named()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var error = await StartAsync("port", port);
        Assert.Contains($"could not listen on port {port}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Another_PostgreSQL_on_the_port_is_never_taken_for_the_servers_own(bool isCopy)
    {
        var theirs = Path.Combine(_folder.Path, "theirs");
        await (await LocalPostgresServer.StartAsync(Servers.Over(theirs))).DisposeAsync();
        if (isCopy)
        {
            Assert.True((await Command.RunAsync(["cp", "-a", theirs, _folder.Data], default)).Succeeded);
        }

        var port = LoopbackPort.Find().ToString(System.Globalization.CultureInfo.InvariantCulture);
        var options = Servers.Over(theirs) with
        {
            Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["fsync"] = "off", ["port"] = port },
        };
        await using var other = await LocalPostgresServer.StartAsync(options);

        var error = await StartAsync("port", port);

        Assert.Contains($"could not listen on port {port}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Port_is_known_however_its_name_is_written()
    {
        var port = LoopbackPort.Find();
        var options = new LocalPostgresOptions
        {
            DataFolder = _folder.Data,
            StartTimeout = TimeSpan.FromSeconds(20),
            Settings = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["fsync"] = "off",
                ["Port"] = port.ToString(System.Globalization.CultureInfo.InvariantCulture),
            },
        };
        await using var server = await LocalPostgresServer.StartAsync(options);
        Assert.Contains($"Port={port};", server.ConnectionString, StringComparison.Ordinal);
    }

    private async Task<LocalPostgresException> StartAsync(string setting, string value)
    {
        var options = Servers.Over(_folder.Data) with
        {
            Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["fsync"] = "off", [setting] = value },
        };
        return await Assert.ThrowsAsync<LocalPostgresException>(() => LocalPostgresServer.StartAsync(options));
    }
}
