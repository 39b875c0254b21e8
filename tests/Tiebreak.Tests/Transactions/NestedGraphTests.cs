using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Testing;
using Tiebreak.Transactions;

namespace Tiebreak.Tests.Transactions;

/// <summary>A failed nested block over entities that hang together.</summary>
public sealed class NestedGraphTests(PostgresCluster cluster)
{
    [Fact]
    public async Task Relationships_values_changed_in_place_and_versions_are_as_they_were()
    {
        await using var source = NpgsqlDataSource.Create(await cluster.CreateDatabaseAsync("graph"));
        await using var db = await NewAsync(source);
        await using var transaction = await db.Database.BeginTransactionAsync();
        var order = await db.Orders.Include(o => o.Lines).SingleAsync();
        var (kept, dropped) = (order.Lines.Single(l => l.Id == 1), order.Lines.Single(l => l.Id == 2));
        var version = order.Version;

        await Assert.ThrowsAsync<ArithmeticException>(() => db.AtomicAsync(async (nested, token) =>
        {
            order.Tags.Add("nested");
            order.Address.Street = "changed";
            order.Size.Width = 99;
            order.Lines.Remove(dropped);
            order.Lines.Add(new Line { Id = 3 });
            await nested.SaveChangesAsync(token);
            Assert.NotEqual(version, order.Version);
            order.Lines.Add(new Line { Id = 4 });
            kept.Text = "unsaved";
            throw new ArithmeticException();
        }));

        Assert.Equal(["first"], order.Tags);
        Assert.Equal(("Main", 1, null, version), (order.Address.Street, order.Size.Width, kept.Text, order.Version));
        Assert.Equal([kept, dropped], order.Lines.OrderBy(l => l.Id));
        Assert.Same(order, dropped.Order);
        Assert.False(db.ChangeTracker.HasChanges());
        Assert.Equal(0, await db.SaveChangesAsync());

        order.Tags.Add("outer");
        order.Lines.Add(new Line { Id = 5 });
        await db.SaveChangesAsync();
        await transaction.CommitAsync();

        await using var fresh = Context(source);
        var read = await fresh.Orders.Include(o => o.Lines).SingleAsync();
        Assert.Equal(["first", "outer"], read.Tags);
        Assert.Equal([1, 2, 5], read.Lines.Select(l => l.Id).Order());
        Assert.Equal("Main", read.Address.Street);
    }

    [Fact]
    public async Task Where_the_context_cannot_be_put_back_the_whole_transaction_is_given_up_even_if_that_is_swallowed()
    {
        await using var source = NpgsqlDataSource.Create(await cluster.CreateDatabaseAsync("graph_lost"));
        await using (await NewAsync(source))
        {
        }

        InvalidOperationException? told = null;
        await Assert.ThrowsAsync<InvalidOperationException>(() => new Factory(() => Context(source)).AtomicAsync(async (db, token) =>
        {
            var order = await db.Orders.SingleAsync(token);
            order.Tags.Add("outer");
            told = await Assert.ThrowsAsync<InvalidOperationException>(() => db.AtomicAsync(async (nested, ct) =>
            {
                nested.ChangeTracker.Clear();
                await nested.Orders.SingleAsync(ct);
                nested.ChangeTracker.Tracked += (_, _) => throw new InvalidOperationException("No.");
                throw new ArithmeticException();
            }, token));
        }));

        Assert.IsType<ArithmeticException>(told!.InnerException);
        await using var fresh = Context(source);
        Assert.Equal(["first"], (await fresh.Orders.SingleAsync()).Tags);
    }

    private static GraphContext Context(NpgsqlDataSource source) =>
        new(new DbContextOptionsBuilder<GraphContext>().UseNpgsql(source).UseTiebreak().Options);

    private static async Task<GraphContext> NewAsync(NpgsqlDataSource source)
    {
        await using var context = Context(source);
        await context.Database.EnsureCreatedAsync();
        context.Add(new Order { Id = 1, Tags = { "first" }, Lines = { new Line { Id = 1 }, new Line { Id = 2 } } });
        await context.SaveChangesAsync();
        return Context(source);
    }

    private sealed class Factory(Func<GraphContext> make) : IDbContextFactory<GraphContext>
    {
        public GraphContext CreateDbContext() => make();
    }

    private sealed class Order
    {
        public int Id { get; set; }

        public uint Version { get; set; }

        public List<string> Tags { get; set; } = [];

        public List<Line> Lines { get; } = [];

        public Address Address { get; set; } = new();

        public Size Size { get; set; } = new();
    }

    private sealed class Line
    {
        public int Id { get; set; }

        public string? Text { get; set; }

        public Order? Order { get; set; }
    }

    private sealed class Address
    {
        public string Street { get; set; } = "Main";
    }

    private sealed class Size
    {
        public int Width { get; set; } = 1;
    }

    private sealed class GraphContext(DbContextOptions<GraphContext> options) : DbContext(options)
    {
        public DbSet<Order> Orders => Set<Order>();

        protected override void OnModelCreating(ModelBuilder modelBuilder)
        {
            modelBuilder.Entity<Order>(order =>
            {
                order.Property(o => o.Id).ValueGeneratedNever();
                order.Property(o => o.Version).IsRowVersion();
                order.OwnsOne(o => o.Address);
                order.ComplexProperty(o => o.Size);
                order.HasMany(o => o.Lines).WithOne(l => l.Order).IsRequired();
            });
            modelBuilder.Entity<Line>().Property(l => l.Id).ValueGeneratedNever();
        }
    }
}
