using System.Net;
using System.Net.Sockets;
using Npgsql;
using Tiebreak.AdvisoryLocks;
using Tiebreak.Tests.Transactions;

namespace Tiebreak.Tests.AdvisoryLocks;

public sealed class SessionLossTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    private readonly string _name = AdvisoryDatabase.NewName();

    [Fact]
    public async Task A_terminated_backend_is_a_lost_lock_and_another_may_have_it()
    {
        await using var held = await database.Contexts.AcquireAdvisoryLockAsync(_name);
        Assert.False(held.Lost.IsCancellationRequested);

        await database.ExecuteAsync($"SELECT pg_terminate_backend({held.ProcessId})");

        await FiredAsync(held.Lost);
        await using var next = await database.Contexts.AcquireAdvisoryLockAsync(_name);
        Assert.NotEqual(held.ProcessId, next.ProcessId);
    }

    [Fact]
    public async Task A_waiter_whose_backend_is_terminated_gets_the_drivers_error()
    {
        await using var held = await database.Contexts.AcquireAdvisoryLockAsync(_name);
        var waiting = database.Contexts.AcquireAdvisoryLockAsync(_name);
        await database.UntilWaitingBehindAsync(held.ProcessId);

        await database.ExecuteAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {held.ProcessId} = ANY (pg_blocking_pids(pid))");

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => waiting);
        Assert.False(held.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task A_network_that_goes_silent_is_a_lost_lock_and_disposal_still_ends()
    {
        await using var network = new SilentNetwork(database.ConnectionString);
        await using var source = NpgsqlDataSource.Create(network.ConnectionString);
        var held = await source.AcquireAdvisoryLockAsync(_name, new AdvisoryLockOptions { KeepAlive = TimeSpan.FromSeconds(1) });
        await network.PassedAfterwardsAsync();
        Assert.False(held.Lost.IsCancellationRequested);

        network.FallSilent();

        await FiredAsync(held.Lost);
        await held.DisposeAsync();
    }

    [Fact]
    public async Task What_a_callback_of_Lost_throws_does_not_come_out_of_disposal()
    {
        var held = await database.Contexts.AcquireAdvisoryLockAsync(_name);
        held.Lost.Register(() => throw new InvalidOperationException("the callback"));
        await database.ExecuteAsync($"SELECT pg_terminate_backend({held.ProcessId})");
        await FiredAsync(held.Lost);
        await held.DisposeAsync();
    }

    private static async Task FiredAsync(CancellationToken lost)
    {
        try
        {
            await Task.Delay(TimeSpan.FromSeconds(60), lost);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        Assert.Fail("Waited 60 s in vain for Lost.");
    }

    /// <summary>A relay to the server that can stop to pass anything on, without closing what it has.</summary>
    private sealed class SilentNetwork : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _end = new();
        private readonly NpgsqlConnectionStringBuilder _server;
        private volatile bool _isSilent;
        private int _passed;

        public SilentNetwork(string connectionString)
        {
            _server = new NpgsqlConnectionStringBuilder(connectionString);
            _listener.Start();
            ConnectionString = new NpgsqlConnectionStringBuilder(connectionString)
            {
                Host = "127.0.0.1",
                Port = ((IPEndPoint)_listener.LocalEndpoint).Port,
                SslMode = SslMode.Disable,
                GssEncryptionMode = GssEncryptionMode.Disable,
            }.ConnectionString;
            _ = AcceptAsync();
        }

        public string ConnectionString { get; }

        public void FallSilent() => _isSilent = true;

        /// <summary>Comes back once something was passed on after this was called: the keep-alives of an idle connection.</summary>
        public async Task PassedAfterwardsAsync()
        {
            var before = Volatile.Read(ref _passed);
            for (var attempt = 0; Volatile.Read(ref _passed) < before + 2; attempt++)
            {
                Assert.True(attempt < 1_500, "Waited 30 s in vain for a keep-alive.");
                await Task.Delay(20, _end.Token);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _end.CancelAsync();
            _listener.Dispose();
        }

        private async Task AcceptAsync()
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_end.Token);
                var server = new TcpClient();
                await server.ConnectAsync(_server.Host!, _server.Port, _end.Token);
                _ = PassAsync(client, server);
                _ = PassAsync(server, client);
            }
        }

        private async Task PassAsync(TcpClient from, TcpClient to)
        {
            using (from)
            {
                var bytes = new byte[16 * 1024];
                while (await from.GetStream().ReadAsync(bytes, _end.Token) is var count and > 0)
                {
                    if (!_isSilent)
                    {
                        await to.GetStream().WriteAsync(bytes.AsMemory(0, count), _end.Token);
                        Interlocked.Increment(ref _passed);
                    }
                }
            }
        }
    }
}
