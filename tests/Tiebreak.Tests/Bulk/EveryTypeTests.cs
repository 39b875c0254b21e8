using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Tiebreak.Bulk;

namespace Tiebreak.Tests.Bulk;

/// <summary>What a bulk statement writes is, to the letter, what SaveChanges writes.</summary>
public sealed class EveryTypeTests(EveryTypeDatabase database) : IClassFixture<EveryTypeDatabase>
{
    public static TheoryData<string> Properties => [.. EveryTypeValues.All.Keys];

    [Fact]
    public void Every_property_has_values() =>
        Assert.Equal(typeof(EveryType).GetProperties().Select(property => property.Name).Where(name => name != "Id").Order(StringComparer.Ordinal), EveryTypeValues.All.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Properties))]
    public async Task Inserted_values_are_those_that_SaveChanges_writes(string name)
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        var saved = Rows(name, 0);
        context.AddRange(saved);
        await context.SaveChangesAsync();
        context.ChangeTracker.Clear();
        var inserted = Rows(name, 1000);
        Assert.Equal(inserted.Count, await context.BulkInsertAsync(inserted));
        await AssertSameAsync(context, name, saved, inserted);
    }

    [Theory]
    [MemberData(nameof(Properties))]
    public async Task Updated_values_are_those_that_SaveChanges_writes(string name)
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        var saved = Rows(name, 0);
        context.AddRange(saved);
        await context.SaveChangesAsync();
        context.ChangeTracker.Clear();
        var updated = Rows(name, 1000);
        await context.BulkInsertAsync(updated.Select(row => new EveryType { Id = row.Id }));
        Assert.Empty((await context.BulkUpdateAsync(updated)).Missed);
        await AssertSameAsync(context, name, saved, updated);
    }

    [Theory]
    [MemberData(nameof(Properties))]
    public async Task Found_values_are_those_that_a_query_reads(string name)
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        var rows = Rows(name, 0);
        context.AddRange(rows);
        await context.SaveChangesAsync();
        context.ChangeTracker.Clear();
        var bulk = context.Bulk();
        var found = bulk.Find(rows.Select(row => row.Id), (EveryType row) => row.Id);
        await bulk.ExecuteAsync();

        var property = typeof(EveryType).GetProperty(name)!;
        var read = await context.Rows.AsNoTracking().OrderBy(row => row.Id).ToListAsync();
        Assert.Equal(read.Select(row => Text(property, row)), found.Found.OrderBy(row => row.Id).Select(row => Text(property, row)));
    }

    /// <summary>One row a value, and one with nothing but null.</summary>
    private static List<EveryType> Rows(string name, int offset)
    {
        var property = typeof(EveryType).GetProperty(name)!;
        var rows = new List<EveryType>();
        foreach (var value in EveryTypeValues.All[name].Append(null))
        {
            var row = new EveryType { Id = offset + rows.Count };
            property.SetValue(row, value);
            rows.Add(row);
        }

        return rows;
    }

    private static async Task AssertSameAsync(EveryTypeContext context, string name, List<EveryType> saved, List<EveryType> written)
    {
        var column = context.Model.FindEntityType(typeof(EveryType))!.FindProperty(name)!.GetColumnName();
        await using var command = context.Database.GetDbConnection().CreateCommand();
        command.CommandText = $"SELECT \"{column}\"::text FROM every_type ORDER BY \"Id\"";
        var stored = new List<string?>();
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                stored.Add(reader.IsDBNull(0) ? null : reader.GetString(0));
            }
        }

        Assert.Equal(2 * saved.Count, stored.Count);
        Assert.Equal(stored[..saved.Count], stored[saved.Count..]);
        Assert.All(stored[..(saved.Count - 1)], Assert.NotNull);
        Assert.Null(stored[^1]);

        var property = typeof(EveryType).GetProperty(name)!;
        var read = await context.Rows.AsNoTracking().OrderBy(row => row.Id).ToListAsync();
        Assert.Equal(read.Take(saved.Count).Select(row => Text(property, row)), read.Skip(saved.Count).Select(row => Text(property, row)));
        Assert.Equal(written.Count, read.Count - saved.Count);
    }

    private static string? Text(PropertyInfo property, EveryType row) =>
        property.GetValue(row) is { } value ? System.Text.Json.JsonSerializer.Serialize(value.ToString()) : null;
}
