using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using Tiebreak.Races.Findings;
using Tiebreak.Testing;

namespace Tiebreak.Races.Tests.Exploring;

/// <summary>The ways in which an actor can be given, and what is said of one that shows nothing.</summary>
public sealed class ActorTests(PostgresCluster cluster)
{
    private const string Buy = "UPDATE ticket SET sold = sold + 1 WHERE id = 1";

    private Race Tickets => Race.On(cluster.Server.ConnectionString)
        .Schema("CREATE TABLE ticket (id int PRIMARY KEY, sold int NOT NULL)")
        .Given("INSERT INTO ticket VALUES (1, 0)");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Application_is_started_once_for_each_actor_and_disposed_at_the_end()
    {
        var started = new ConcurrentBag<Application>();
        Task<Application> StartAsync(string database)
        {
            var application = new Application(database);
            started.Add(application);
            return Task.FromResult(application);
        }

        var report = await Tickets.Actor("alice", StartAsync, Application.BuyAsync).Actor("bob", StartAsync, Application.BuyAsync).ExploreAsync(Ct);

        report.ThrowUnlessHolds();
        Assert.Equal(2, started.Count);
        Assert.All(started, application => Assert.True(application.IsDisposed));
        Assert.True(report.Schedules > 4);
    }

    [Fact]
    public async Task Application_that_runs_already_is_offered_its_database_on_its_port()
    {
        var (alice, bob) = (FreePort(), FreePort());
        await using var atAlice = NpgsqlDataSource.Create(On(alice));
        await using var atBob = NpgsqlDataSource.Create(On(bob));

        var report = await Tickets
            .Actor("alice", (string _, CancellationToken ct) => BuyAsync(atAlice, ct)).Listen("alice", alice)
            .Actor("bob", (string _, CancellationToken ct) => BuyAsync(atBob, ct)).Listen("bob", bob)
            .ExploreAsync(Ct);

        report.ThrowUnlessHolds();
        using var again = new TcpListener(IPAddress.Loopback, alice);
        again.Start();
    }

    [Fact]
    public void Port_of_an_unknown_actor_is_refused() => Assert.Throws<ArgumentException>(() => Tickets.Listen("alice", 7001));

    [Fact]
    public async Task Actor_that_goes_past_its_gate_is_no_pass()
    {
        await using var past = NpgsqlDataSource.Create(await cluster.CreateDatabaseAsync());
        async Task<object?> AskAsync(CancellationToken ct)
        {
            await using var command = past.CreateCommand("SELECT 1");
            return await command.ExecuteScalarAsync(ct);
        }

        var race = Tickets
            .Actor("alice", (NpgsqlDataSource source, CancellationToken ct) => BuyAsync(source, ct))
            .Actor("bob", (string _, CancellationToken ct) => AskAsync(ct));

        var wrong = await Assert.ThrowsAsync<RaceException>(() => race.ExploreAsync(Ct));
        Assert.Contains("bob cannot run even alone: it sent no statement", wrong.Message, StringComparison.Ordinal);
        var cold = await race.Warmup(false).ExploreAsync(Ct);
        Assert.Equal(Verdict.Unknown, cold.Verdict);
        Assert.Contains("bob sent no statement through its gate", cold.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Actor_that_fails_whatever_the_order_is_no_pass()
    {
        static async Task<object?> FailAsync(NpgsqlDataSource source, CancellationToken ct)
        {
            await BuyAsync(source, ct);
            throw new InvalidOperationException("Paper jam.");
        }

        var report = await Tickets
            .Actor("alice", (NpgsqlDataSource source, CancellationToken ct) => BuyAsync(source, ct))
            .Actor("bob", (NpgsqlDataSource source, CancellationToken ct) => FailAsync(source, ct))
            .ExploreAsync(Ct);

        Assert.Equal(Verdict.Unknown, report.Verdict);
        Assert.Contains("bob fails in every order one at a time (InvalidOperationException: Paper jam.", report.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Report_tells_what_is_answered_one_at_a_time()
    {
        static async Task<object?> LastAsync(NpgsqlDataSource source, CancellationToken ct)
        {
            await using var command = source.CreateCommand("UPDATE ticket SET sold = sold + 1 WHERE id = 1 AND sold < 1");
            return await command.ExecuteNonQueryAsync(ct) == 1 ? "sold" : "sold out";
        }

        var report = await Tickets
            .Actor("alice", (NpgsqlDataSource source, CancellationToken ct) => LastAsync(source, ct))
            .Actor("bob", (NpgsqlDataSource source, CancellationToken ct) => LastAsync(source, ct))
            .ExploreAsync(Ct);

        Assert.Equal(["alice, bob: \"sold\", \"sold out\"", "bob, alice: \"sold\", \"sold out\""],
            report.OneAtATime.Select(order => $"{string.Join(", ", order.Order)}: {string.Join(", ", order.Answers)}").Order(StringComparer.Ordinal));
        Assert.Contains("alice: \"sold\"; bob: \"sold out\"", report.ToText(), StringComparison.Ordinal);
    }

    private static async Task<object?> BuyAsync(NpgsqlDataSource source, CancellationToken ct)
    {
        await using var command = source.CreateCommand(Buy);
        return await command.ExecuteNonQueryAsync(ct);
    }

    private static string On(int port) => $"Host=127.0.0.1;Port={port};Username=any;Password=any;Database=any;Ssl Mode=Disable;GSS Encryption Mode=Disable;Command Timeout=0";

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private sealed class Application(string database) : IAsyncDisposable
    {
        private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(database);

        public bool IsDisposed { get; private set; }

        public static Task<object?> BuyAsync(Application application, CancellationToken ct) => ActorTests.BuyAsync(application._source, ct);

        public ValueTask DisposeAsync()
        {
            IsDisposed = true;
            return _source.DisposeAsync();
        }
    }
}
