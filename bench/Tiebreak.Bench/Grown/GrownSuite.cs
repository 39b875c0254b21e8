using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Tiebreak.Server;
using Tiebreak.Server.Invites;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Points;
using Tiebreak.Server.Storage;
using Tiebreak.Server.Tickets;

namespace Tiebreak.Bench.Grown;

/// <summary>
/// What one change costs with few and with many records behind its key. One caller, so that waiting for others is no
/// part of it; the two sizes take turns call by call.
/// </summary>
internal sealed class GrownSuite(string connectionString, int records, int rounds)
{
    private const int Few = 10;
    private const int CallsPerRound = 20;
    private int _next;

    public async Task RunAsync(TextWriter output)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.AddTiebreakServer(connectionString);
        await using var app = builder.Build();
        await using (var db = await app.Services.GetRequiredService<IDbContextFactory<TiebreakDb>>().CreateDbContextAsync())
        {
            await db.Database.MigrateAsync();
        }

        foreach (var sql in GrownRows.Statements(Few, records))
        {
            await using var fill = app.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(sql);
            fill.CommandTimeout = 600;
            await fill.ExecuteNonQueryAsync();
        }

        output.WriteLine($"{"change",-16} {"few ms",9} {"many ms",9} {"time x",8} {"few kB",9} {"many kB",9} {"memory x",9}   ({Few} and {records.ToString("N0", CultureInfo.InvariantCulture)} records, medians of {rounds} rounds of {CallsPerRound} calls)");
        foreach (var (name, call) in Calls(app.Services))
        {
            await MeasureAsync(output, name, call);
        }
    }

    private IEnumerable<(string Name, Func<bool, Task> CallAsync)> Calls(IServiceProvider services)
    {
        var accept = services.GetRequiredService<AcceptInvite>();
        var book = services.GetRequiredService<BookTickets>();
        var earn = services.GetRequiredService<EarnPoints>();
        yield return ("accept", many => ExpectAsync(accept.RunAsync(new AcceptInvite.Request(many ? "MANY" : "FEW-", "new-" + Next(), Key()), default)));
        yield return ("book places", many => ExpectAsync(book.RunAsync(new BookTickets.Request(GrownRows.EventId(many, seated: false), new Wish("new-" + Next(), 1, null, null), Key()), default)));
        yield return ("book a seat", many => ExpectAsync(book.RunAsync(new BookTickets.Request(GrownRows.EventId(many, seated: true), new Wish("new-" + Next(), 1, ["free-" + _next.ToString(CultureInfo.InvariantCulture)], null), Key()), default)));
        yield return ("earn", many => ExpectAsync(earn.RunAsync(new EarnPoints.Request(many ? "many" : "few", 5, null, null, Key()), default)));
        yield return ("earn by rules", many => ExpectAsync(earn.RunAsync(new EarnPoints.Request(many ? "many" : "few", 0, new EarnFacts(10m, null), null, Key()), default)));
    }

    private static async Task ExpectAsync<T>(Task<Outcome<T>> call)
        where T : class
    {
        var outcome = await call;
        if (!outcome.IsAccepted)
        {
            throw new InvalidOperationException($"The change was refused with {outcome.Refusal.Kind.Code}: a refusal costs something else.");
        }
    }

    private async Task MeasureAsync(TextWriter output, string name, Func<bool, Task> callAsync)
    {
        for (var i = 0; i < CallsPerRound * 2; i++)
        {
            await callAsync(i % 2 == 0);
        }

        var few = new List<(double Ms, double Kb)>();
        var many = new List<(double Ms, double Kb)>();
        for (var i = 0; i < rounds * CallsPerRound; i++)
        {
            // Who goes first changes with each pair, so that neither always runs behind the other's flush.
            var first = i % 2 == 0;
            (first ? many : few).Add(await OneAsync(() => callAsync(first)));
            (first ? few : many).Add(await OneAsync(() => callAsync(!first)));
        }

        var (fewMs, manyMs) = (Median(few.Select(one => one.Ms)), Median(many.Select(one => one.Ms)));
        var (fewKb, manyKb) = (Median(few.Select(one => one.Kb)), Median(many.Select(one => one.Kb)));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-16} {fewMs,9:0.00} {manyMs,9:0.00} {manyMs / fewMs,8:0.00} {fewKb,9:0.0} {manyKb,9:0.0} {manyKb / fewKb,9:0.00}"));
    }

    private static async Task<(double Ms, double Kb)> OneAsync(Func<Task> call)
    {
        var bytes = GC.GetTotalAllocatedBytes();
        var begun = Stopwatch.GetTimestamp();
        await call();
        return (Stopwatch.GetElapsedTime(begun).TotalMilliseconds, (GC.GetTotalAllocatedBytes() - bytes) / 1024d);
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }

    private Identity Key() => new("key-" + Next(), new byte[32]);

    private string Next() => Interlocked.Increment(ref _next).ToString(CultureInfo.InvariantCulture);
}
