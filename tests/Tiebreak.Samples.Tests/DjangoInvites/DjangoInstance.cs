using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Tiebreak.Samples.Tests.DjangoInvites;

/// <summary>One running instance of the sample's application, with its database behind an actor's port.</summary>
internal sealed class DjangoInstance : IAsyncDisposable
{
    private readonly Process _process;

    private DjangoInstance(Process process, int port, int databasePort) => (_process, Port, DatabasePort) = (process, port, databasePort);

    /// <summary>Where it answers.</summary>
    public int Port { get; }

    /// <summary>Where it looks for its database.</summary>
    public int DatabasePort { get; }

    public static async Task<DjangoInstance> StartAsync(string python, string folder)
    {
        var (port, databasePort) = (FreePort(), FreePort());
        var start = new ProcessStartInfo(python, [Path.Combine(folder, "invites.py"), $"{port}"]) { RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment["DATABASE_URL"] = $"postgresql://any@127.0.0.1:{databasePort}/any";
        var instance = new DjangoInstance(Process.Start(start)!, port, databasePort);
        Assert.Equal("ready", await instance._process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        return instance;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
