using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Points;
using Tiebreak.Server.Tests.Support;
using Tiebreak.Testing;

namespace Tiebreak.Server.Tests.Batches;

/// <summary>A server with one lane, on which a test has requests decided together.</summary>
public sealed class OneLane(PostgresCluster cluster) : ServerFixture(cluster)
{
    private int _stoppers;

    internal T Operation<T>()
        where T : notnull => Server.Services.GetRequiredService<T>();

    internal static Identity Key(string key, byte payload = 0) => new(key, [.. Enumerable.Repeat(payload, 32)]);

    /// <summary>Starts the calls while the lane waits for a row that somebody holds: those of one operation become one batch, in this order.</summary>
    internal async Task<Task<T>[]> TogetherAsync<T>(params Func<Task<T>>[] calls)
    {
        var put = Operation<PutProgram>();
        var request = new PutProgram.Request($"stopper-{Interlocked.Increment(ref _stoppers)}", []);
        await put.RunAsync(request, CancellationToken.None);
        Task stopper;
        Task<T>[] answers;
        await using (await HeldRows.TakeAsync(ConnectionString, "programs", "id", request.ProgramId))
        {
            stopper = put.RunAsync(request, CancellationToken.None);
            await UntilBlockedAsync();
            answers = [.. calls.Select(call => call())];
        }

        await stopper;
        await Task.WhenAny(Task.WhenAll(answers));
        return answers;
    }

    internal Task UntilBlockedAsync() => Eventually.TrueAsync(
        async () => await NumberAsync("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") > 0,
        "the lane waits for what somebody holds");

    internal async Task<long> NumberAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return Convert.ToInt64(await command.ExecuteScalarAsync(), System.Globalization.CultureInfo.InvariantCulture);
    }

    protected override void Configure(IConfiguration configuration) => configuration["Guard:Lanes"] = "1";
}
