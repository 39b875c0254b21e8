using System.Net;
using System.Net.Sockets;
using System.Text;
using Tiebreak.Races.Cli.Actors;
using Tiebreak.Races.Cli.Files;
using Tiebreak.Races.Findings;
using Tiebreak.Testing;

namespace Tiebreak.Races.Cli.Tests;

public sealed class ActorTests(PostgresCluster cluster)
{
    private const string Nowhere = "Host=127.0.0.1;Port=7001;Username=u;Password=p@ss;Database=d";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_SQL_actor_answers_rows_counts_and_error_codes()
    {
        var database = await cluster.CreateDatabaseAsync();
        var actor = new SqlActor(["create table t (id int primary key, n text)", "insert into t values (1, null), (2, 'x')", "select id, n from t order by id", "insert into t values (1, 'y')"]);

        var answer = await actor.RunAsync(database, Cancelled);

        Assert.Equal("""[{},{"affected":2},{"rows":[["1",null],["2","x"]]},{"error":"23505"}]""", answer.Text);
        Assert.Equal("23505", answer.SqlState);
        Assert.NotNull(answer.Error);
    }

    [Fact]
    public async Task After_an_error_the_rest_of_a_transaction_is_skipped()
    {
        var database = await cluster.CreateDatabaseAsync();
        var actor = new SqlActor(["create table t (id int)", "begin", "insert into t values (1)", "select 1/0", "insert into t values (2)", "commit", "select count(*) from t"]);

        var answer = await actor.RunAsync(database, Cancelled);

        Assert.Equal("""[{},{},{"affected":1},{"error":"22012"},{"rows":[["0"]]}]""", answer.Text);
    }

    [Fact]
    public async Task A_command_finds_its_database_in_its_environment()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The commands here are those of a shell.");
        var actor = new CommandActor("bob", ["sh", "-c", "echo $DATABASE_URL $PGHOST $PGPORT $PGUSER $PGDATABASE $PGPASSWORD; exit 3"], "/", [75]);

        var answer = await actor.RunAsync(Nowhere, Cancelled);

        Assert.Equal("""{"exitCode":3,"output":"postgresql://u:p%40ss@127.0.0.1:7001/d?sslmode=disable 127.0.0.1 7001 u d p@ss"}""", answer.Text.Replace("\\u0026", "&", StringComparison.Ordinal));
        Assert.False(answer.IsBusy);
        Assert.Null(answer.Error);
    }

    [Fact]
    public async Task A_busy_exit_code_is_no_error_and_words_on_the_error_stream_are_one()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The commands here are those of a shell.");

        Assert.True((await new CommandActor("bob", ["sh", "-c", "echo no >&2; exit 75"], "/", [75]).RunAsync(Nowhere, Cancelled)).IsBusy);
        Assert.Equal("exit code 1: boom", (await new CommandActor("bob", ["sh", "-c", "echo boom >&2; exit 1"], "/", [75]).RunAsync(Nowhere, Cancelled)).Error);
    }

    [Fact]
    public async Task A_cancelled_command_is_killed_with_its_children()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The commands here are those of a shell.");
        var folder = Directory.CreateTempSubdirectory("tiebreak-command-").FullName;
        var note = Path.Combine(folder, "child");
        using var cancel = new CancellationTokenSource();
        var run = new CommandActor("bob", ["sh", "-c", $"sleep 1000 & echo $! > {note}.tmp; mv {note}.tmp {note}; wait"], "/", []).RunAsync(Nowhere, cancel.Token);
        while (!File.Exists(note))
        {
            await Task.Delay(10, Cancelled);
        }

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        var child = (await File.ReadAllTextAsync(note, Cancelled)).Trim();
        while (IsAlive(child))
        {
            await Task.Delay(10, Cancelled);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_command_that_is_not_there_is_a_wrong_set_up() =>
        Assert.Contains("no-such-program cannot be started", (await Assert.ThrowsAsync<RaceException>(
            () => new CommandActor("bob", ["no-such-program"], "/", []).RunAsync(Nowhere, Cancelled))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(200, false, false)]
    [InlineData(503, true, false)]
    [InlineData(500, false, true)]
    public async Task An_HTTP_actor_answers_status_and_body(int status, bool isBusy, bool isError)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var url = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/accept?x=1");
        var served = ServeAsync(listener, status);
        var spec = new HttpSpec("POST", url, new Dictionary<string, string>(StringComparer.Ordinal) { ["Content-Type"] = "application/json", ["X-User"] = "alice" }, "{\"a\":1}");

        var answer = await new HttpActor("alice", spec, [503]).RunAsync(Nowhere, Cancelled);

        Assert.Equal($$"""{"status":{{status}},"body":"done"}""", answer.Text);
        Assert.Equal((isBusy, isError), (answer.IsBusy, answer.Error is not null));
        var request = await served;
        Assert.StartsWith("POST /accept?x=1 HTTP/1.1", request, StringComparison.Ordinal);
        Assert.Contains("Content-Type: application/json\r\n", request, StringComparison.Ordinal);
        Assert.Contains("X-User: alice\r\n", request, StringComparison.Ordinal);
        Assert.EndsWith("{\"a\":1}", request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_application_that_is_not_there_is_a_wrong_set_up()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var url = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");
        listener.Stop();

        var thrown = await Assert.ThrowsAsync<RaceException>(() => new HttpActor("alice", new HttpSpec("GET", url, new Dictionary<string, string>(StringComparer.Ordinal), null), []).RunAsync(Nowhere, Cancelled));

        Assert.Contains("Start this actor's instance of the application", thrown.Message, StringComparison.Ordinal);
    }

    private static async Task<string> ServeAsync(TcpListener listener, int status)
    {
        using var client = await listener.AcceptTcpClientAsync(Cancelled);
        await using var stream = client.GetStream();
        var (request, buffer) = (new StringBuilder(), new byte[4096]);
        while (!request.ToString().EndsWith("{\"a\":1}", StringComparison.Ordinal))
        {
            request.Append(Encoding.UTF8.GetString(buffer, 0, await stream.ReadAsync(buffer, Cancelled)));
        }

        await stream.WriteAsync(Encoding.UTF8.GetBytes($"HTTP/1.1 {status} X\r\nContent-Length: 4\r\nConnection: close\r\n\r\ndone"), Cancelled);
        return request.ToString();
    }

    // A child that has ended stays a zombie until somebody asks for it, which nobody does in a container without init.
    private static bool IsAlive(string pid)
    {
        var status = $"/proc/{pid}/stat";
        return File.Exists(status) && !File.ReadAllText(status).Contains(") Z ", StringComparison.Ordinal);
    }
}
