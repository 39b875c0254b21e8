using System.Diagnostics;
using Npgsql;
using Tiebreak.Server.Tests.Support;
using Tiebreak.Testing;

namespace Tiebreak.Server.Tests.Restarts;

/// <summary>Two servers on one database whose machines' clocks differ, by libfaketime.</summary>
public sealed class TwoClocksTests(PostgresCluster cluster)
{
    private static readonly string? Library = new[] { "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib" }
        .Select(folder => Path.Combine(folder, "faketime", "libfaketimeMT.so.1")).FirstOrDefault(File.Exists);

    [Theory]
    [InlineData("+2s")]
    [InlineData("-2s")]
    [InlineData("+120s")]
    [InlineData("-120s")]
    public async Task A_seat_has_one_confirmed_booking_whatever_the_second_servers_clock_says(string offset)
    {
        Assert.SkipWhen(Library is null, "libfaketime is not installed here.");
        var connectionString = await cluster.CreateDatabaseAsync("clocks");
        var (rightPort, wrongPort) = (FreePort.Find(), FreePort.Find());
        await using var right = ServerProcess.Start(Arguments(rightPort, connectionString));
        using var rightApi = new ApiClient(new Uri($"http://127.0.0.1:{rightPort}"));
        await right.UntilReadyAsync(rightApi);
        await using var wrong = ServerProcess.StartWith(new Dictionary<string, string> { ["LD_PRELOAD"] = Library!, ["FAKETIME"] = offset, ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1" }, Arguments(wrongPort, connectionString));
        using var wrongApi = new ApiClient(new Uri($"http://127.0.0.1:{wrongPort}"));
        await wrong.UntilReadyAsync(wrongApi);

        // A hold of three seconds: the server that is two seconds ahead would take its seat after one.
        var hall = (await rightApi.PostAsync("/v1/events", new { name = "Hall", seats = new[] { "A1" } })).Expect(201).String("id");
        var bookings = $"/v1/events/{hall}/bookings";
        var held = (await rightApi.PostAsync(bookings, new { buyerId = "ada", seats = new[] { "A1" }, holdSeconds = 3 })).Expect(201);
        var expiry = held.Json.GetProperty("expiresAt").GetDateTimeOffset();
        var answers = new List<(string Kind, DateTimeOffset At)>();
        var watch = Stopwatch.StartNew();
        do
        {
            var before = await DatabaseTimeAsync(connectionString);
            answers.Add(((await wrongApi.PostAsync(bookings, new { buyerId = "bob", seats = new[] { "A1" } })).Kind, before));
        }
        while (answers[^1].Kind == "409 seat-taken" && watch.Elapsed < TimeSpan.FromSeconds(30));

        // Taken as long as the hold lasts by the database's clock, then bob's, and ada's payment comes too late everywhere.
        Assert.Equal("201", answers[^1].Kind);
        Assert.All(answers[..^1], answer => Assert.True(answer.At < expiry));
        Assert.True(await DatabaseTimeAsync(connectionString) >= expiry);
        Assert.Equal("410 hold-expired", (await rightApi.PostAsync($"{bookings}/{held.String("id")}/confirm")).Kind);
        Assert.Equal("410 hold-expired", (await wrongApi.PostAsync($"{bookings}/{held.String("id")}/confirm")).Kind);
        Assert.Single(await wrongApi.ListAsync(bookings));
        await using var reconcile = ServerProcess.StartWith(
            new Dictionary<string, string> { ["LD_PRELOAD"] = Library!, ["FAKETIME"] = offset, ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1" }, ["reconcile", .. Arguments(wrongPort, connectionString)]);
        Assert.Equal(0, await reconcile.UntilEndAsync());
    }

    private static string[] Arguments(int port, string connectionString) =>
        [$"--urls=http://127.0.0.1:{port}", $"--ConnectionStrings:Tiebreak={connectionString}"];

    private static async Task<DateTimeOffset> DatabaseTimeAsync(string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT clock_timestamp()", connection);
        return new DateTimeOffset((DateTime)(await command.ExecuteScalarAsync())!);
    }
}
