using Microsoft.EntityFrameworkCore;
using Tiebreak.Bulk;

namespace Tiebreak.Tests.Bulk;

/// <summary>Every shape that the model can give a row.</summary>
public sealed class ShapeTests(ShapeDatabase database) : IClassFixture<ShapeDatabase>
{
    [Fact]
    public async Task Owned_complex_and_JSON_parts_are_stored_as_SaveChanges_stores_them()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        var saved = Venues(0);
        context.AddRange(saved);
        await context.SaveChangesAsync();
        context.ChangeTracker.Clear();
        await context.BulkInsertAsync(Venues(100));
        await context.BulkInsertAsync(Enumerable.Range(200, saved.Count).Select(id => new Venue { Id = id }));
        Assert.Empty((await context.BulkUpdateAsync(Venues(200))).Missed);

        var stored = await context.Database.SqlQueryRaw<string>("SELECT (to_jsonb(v) - 'Id')::text AS \"Value\" FROM \"Odd \"\"schema\"\"\".\"Venues\" AS v ORDER BY v.\"Id\"").ToListAsync();
        Assert.Equal(3 * saved.Count, stored.Count);
        Assert.Equal(stored[..saved.Count], stored[saved.Count..(2 * saved.Count)]);
        Assert.Equal(stored[..saved.Count], stored[(2 * saved.Count)..]);
        Assert.Contains("Ada", stored[0], StringComparison.Ordinal);
        var read = await context.Venues.AsNoTracking().SingleAsync(venue => venue.Id == 100);
        Assert.Equal("Ada", read.Contacts[0].Name);
        Assert.Equal("hidden", read.Secret());
        Assert.Equal(4.5, read.Hall!.Geo!.North);
    }

    [Fact]
    public async Task A_shadow_property_is_taken_from_the_entry()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        var venue = new Venue { Id = 1 };
        context.Entry(venue).Property("Note").CurrentValue = "kept";
        await context.BulkInsertAsync([venue]);
        Assert.Equal("kept", await context.Venues.Select(v => EF.Property<string?>(v, "Note")).SingleAsync());

        context.Entry(venue).Property("Note").CurrentValue = "changed";
        await context.BulkUpdateAsync([venue]);
        Assert.Equal("kept", await context.Venues.Select(v => EF.Property<string?>(v, "Note")).SingleAsync());
        await context.BulkUpdateAsync([venue], v => EF.Property<string?>(v, "Note"));
        Assert.Equal("changed", await context.Venues.Select(v => EF.Property<string?>(v, "Note")).SingleAsync());
    }

    [Fact]
    public async Task Types_of_one_table_go_in_one_list_with_their_discriminators()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        Animal[] animals =
        [
            new Cat { Id = 1, Name = "Tom", Lives = 9, Colour = "grey" }, new Dog { Id = 2, Name = "Rex", Weight = 20, Colour = "brown" },
            new Puppy { Id = 3, Name = "Pip", Weight = 2, Born = new DateOnly(2026, 1, 2) },
        ];
        Assert.Equal(3, await context.BulkInsertAsync(animals));
        ((Cat)animals[0]).Lives = 8;
        await context.BulkUpdateAsync(animals);

        var read = await context.Animals.AsNoTracking().OrderBy(animal => animal.Id).ToListAsync();
        Assert.Equal((8, "grey"), (Assert.IsType<Cat>(read[0]).Lives, ((Cat)read[0]).Colour));
        Assert.Equal("brown", Assert.IsType<Dog>(read[1]).Colour);
        Assert.Equal(new DateOnly(2026, 1, 2), Assert.IsType<Puppy>(read[2]).Born);
    }

    [Fact]
    public async Task Types_with_tables_of_their_own_are_written_each_on_its_own()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        await context.BulkInsertAsync([new GiftCoupon { Id = 1, Amount = 5 }]);
        Assert.Equal(5, (await context.GiftCoupons.AsNoTracking().SingleAsync()).Amount);
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => context.BulkInsertAsync<Coupon>([new GiftCoupon { Id = 2 }]));
        Assert.Contains("OfType<GiftCoupon>", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Columns_that_the_database_makes_are_left_out_and_set_on_the_instances()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        var then = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        Order[] orders = [new() { Quantity = 1 }, new() { Quantity = 2, Priority = 9 }, new() { Quantity = 3, CreatedAt = then }, new() { Quantity = 4, Priority = 1, CreatedAt = then }];
        await context.BulkInsertAsync(orders);

        Assert.All(orders, order => Assert.NotEqual(Guid.Empty, order.Id));
        Assert.Equal([5, 9, 5, 1], orders.Select(order => order.Priority));
        Assert.Equal([2, 4, 6, 8], orders.Select(order => order.Doubled));
        Assert.Equal(then, orders[2].CreatedAt);
        Assert.All(orders[..2], order => Assert.NotEqual(default, order.CreatedAt));
        var read = await context.Orders.AsNoTracking().ToDictionaryAsync(order => order.Id);
        Assert.All(orders, order => Assert.Equivalent(read[order.Id], order));
    }

    [Fact]
    public async Task A_token_that_the_database_makes_is_compared_and_set_anew()
    {
        await using var context = database.Open();
        Order[] orders = [new() { Quantity = 1 }, new() { Quantity = 2 }];
        await context.BulkInsertAsync(orders);
        await context.Database.ExecuteSqlAsync($"UPDATE \"Odd \"\"schema\"\"\".\"Orders\" SET \"Priority\" = 7 WHERE \"Id\" = {orders[1].Id}");
        var before = orders[0].Version;
        orders[0].Quantity = 10;
        var result = await context.BulkUpdateAsync(orders, order => order.Quantity);
        Assert.Equal([orders[0]], result.Written);
        Assert.Equal([orders[1]], result.Missed);
        Assert.NotEqual(before, orders[0].Version);
        Assert.Equal(20, orders[0].Doubled);
        Assert.Equal([orders[0]], (await context.BulkDeleteAsync(orders)).Written);
    }

    private static List<Venue> Venues(int first) =>
    [
        new Venue
        {
            Id = first,
            Hall = new Place { City = "Bern", Street = "Gasse", Geo = new Geo { North = 4.5 } },
            Price = new Price { Amount = 1.5m },
            Span = new Span { From = 1, To = 2 },
            Rating = new Rating { Stars = 3, Fee = new Price { Amount = 2 } },
            Details = new Details
            {
                Text = "\"ü\"", Mood = Mood.Excited, At = new DateTime(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc), Numbers = [1, 2],
                Contact = new Contact { Name = "Grace", Age = 1 }, More = [new Contact { Name = "Alan" }, new Contact { Name = "Edsger" }],
            },
            Contacts = [new Contact { Name = "Ada", Age = 36 }],
        }.Keep("hidden"),
        new Venue { Id = first + 1, Hall = new Place { City = "Basel" }, Details = new Details() },
        new Venue { Id = first + 2 },
    ];
}
