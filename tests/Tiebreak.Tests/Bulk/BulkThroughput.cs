using System.Diagnostics;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Bulk;

namespace Tiebreak.Tests.Bulk;

/// <summary>
/// Bulk statements beside what a user would write instead. Not part of a normal run; run it by
/// <c>dotnet run -c Release --project tests/Tiebreak.Tests -- -explicit only -class Tiebreak.Tests.Bulk.BulkThroughput -showliveoutput</c>.
/// The ways take turns in rounds, each in a transaction that is rolled back; each counts with its median round.
/// </summary>
public sealed class BulkThroughput(ShapeDatabase database, ITestOutputHelper output) : IClassFixture<ShapeDatabase>
{
    private const string Copy = "COPY \"Odd \"\"schema\"\"\".\"Memberships\" (\"GroupId\", \"UserId\", \"Since\") FROM STDIN (FORMAT binary)";
    private static readonly DateTime Then = new(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    [Theory(Explicit = true)]
    [InlineData(100, 60)]
    [InlineData(1_000, 40)]
    [InlineData(100_000, 5)]
    public Task Of_inserts(int rows, int rounds) => ReportAsync(rows, rounds,
        ("AddRange, SaveChanges", SaveAsync), ("BulkInsertAsync", static (context, rows) => context.BulkInsertAsync(rows)),
        ("BulkInsertOrIgnoreAsync", static (context, rows) => context.BulkInsertOrIgnoreAsync(rows)), ("binary COPY", CopyAsync));

    [Theory(Explicit = true)]
    [InlineData(100, 60)]
    [InlineData(1_000, 40)]
    [InlineData(10_000, 5)]
    public Task Of_updates(int rows, int rounds) => ReportAsync(rows, rounds,
        ("UpdateRange, SaveChanges", async static (context, rows) =>
        {
            context.UpdateRange(rows);
            await context.SaveChangesAsync();
            context.ChangeTracker.Clear();
        }
    ), ("BulkUpdateAsync", static (context, rows) => context.BulkUpdateAsync(rows)));

    private async Task ReportAsync(int count, int rounds, params (string Name, Func<ShapeContext, List<Membership>, Task> Write)[] ways)
    {
        var isUpdate = ways[0].Name.StartsWith("Update", StringComparison.Ordinal);
        var rows = Enumerable.Range(0, count).Select(number => new Membership { GroupId = "group", UserId = string.Create(CultureInfo.InvariantCulture, $"user {number}"), Since = Then }).ToList();
        var builder = new NpgsqlConnectionStringBuilder(database.ConnectionString) { MaxAutoPrepare = 50, AutoPrepareMinUsages = 2 };
        await using var source = NpgsqlDataSource.Create(builder.ConnectionString);
        await using var context = database.Open(source: source);
        await context.Database.OpenConnectionAsync();
        var times = ways.ToDictionary(way => way.Name, _ => new List<double>(), StringComparer.Ordinal);
        for (var round = -2; round < rounds; round++)
        {
            foreach (var (name, write) in ways)
            {
                await using var transaction = await context.Database.BeginTransactionAsync();
                if (isUpdate)
                {
                    await context.BulkInsertAsync(rows);
                }

                var begun = Stopwatch.GetTimestamp();
                await write(context, rows);
                var elapsed = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
                await transaction.RollbackAsync();
                if (round >= 0)
                {
                    times[name].Add(elapsed);
                }
            }
        }

        var slowest = Median(times[ways[0].Name]);
        foreach (var (name, _) in ways)
        {
            var median = Median(times[name]);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count} rows, {name}: {median:0.00} ms, {count / median:0} rows a ms, x {slowest / median:0.0}"));
        }
    }

    private static async Task SaveAsync(ShapeContext context, List<Membership> rows)
    {
        context.AddRange(rows);
        await context.SaveChangesAsync();
        context.ChangeTracker.Clear();
    }

    private static async Task CopyAsync(ShapeContext context, List<Membership> rows)
    {
        await using var writer = await ((NpgsqlConnection)context.Database.GetDbConnection()).BeginBinaryImportAsync(Copy);
        foreach (var row in rows)
        {
            await writer.StartRowAsync();
            await writer.WriteAsync(row.GroupId);
            await writer.WriteAsync(row.UserId);
            await writer.WriteAsync(row.Since);
        }

        await writer.CompleteAsync();
    }

    private static double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);
}
