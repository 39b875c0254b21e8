using System.ComponentModel;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Testing;
using Tiebreak.Updates;

namespace Tiebreak.Tests.Updates;

/// <summary>What writes and then fails on its way back has written nothing, and the context is as it was.</summary>
public sealed class WayBackTests(PostgresCluster cluster) : IAsyncLifetime
{
    private NpgsqlDataSource _source = null!;

    public static TheoryData<string, string, bool> Cases
    {
        get
        {
            var cases = new TheoryData<string, string, bool>();
            foreach (var obstacle in new[] { "a value came", "a value went", "an alternate key", "a discriminator", "a converter" })
            {
                foreach (var way in new[] { "update", "try update", "delete" })
                {
                    cases.Add(obstacle, way, false);
                    cases.Add(obstacle, way, true);
                }
            }

            return cases;
        }
    }

    public async ValueTask InitializeAsync()
    {
        _source = NpgsqlDataSource.Create(await cluster.CreateDatabaseAsync("wayback"));
        await using var context = Open();
        await context.Database.EnsureCreatedAsync();
    }

    public async ValueTask DisposeAsync() => await _source.DisposeAsync();

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_tracked_row_that_cannot_take_the_result_leaves_it_unchanged_and_may_be_asked_again(string obstacle, string way, bool inTransaction)
    {
        await using var context = Open();
        await AddAsync(obstacle);
        var tracked = await context.Boxes.OrderBy(box => box.Id).ToListAsync();
        await ObstructAsync(obstacle);

        await using (var transaction = inTransaction ? await context.Database.BeginTransactionAsync() : null)
        {
            var error = await Assert.ThrowsAnyAsync<Exception>(() => ChangeAsync(context.Boxes, way));

            Assert.Contains(obstacle == "a converter" ? "No such colour" : "Nothing was changed", error.Message, StringComparison.Ordinal);
            Assert.Equal([0, 0], tracked.Select(box => box.Count));
            Assert.All(tracked, box => Assert.Equal(EntityState.Unchanged, context.Entry(box).State));
            if (transaction is not null)
            {
                await transaction.CommitAsync();
            }
        }

        Assert.Equal("0,0", await CountsAsync());

        // What the message says, done once: changed once.
        if (obstacle != "a converter")
        {
            await ChangeAsync(context.Boxes.AsNoTracking(), way);
            Assert.Equal(way switch { "update" => "1,1", "delete" => null, _ => "0,1" }, await CountsAsync());
        }
    }

    [Theory]
    [InlineData("an alternate key")]
    [InlineData("a converter")]
    public async Task A_row_that_is_created_or_updated_and_cannot_be_taken_is_left_as_it_was(string obstacle)
    {
        await using var context = Open();
        context.Add(new Jar { Id = 1, Name = "one", Code = "a", Colour = "red" });
        await context.SaveChangesAsync();
        await ExecuteAsync(obstacle == "a converter" ? "UPDATE jars SET \"Colour\" = 'none'" : "UPDATE jars SET \"Code\" = 'b'");

        await Assert.ThrowsAnyAsync<Exception>(() => context.Jars.CreateOrUpdateAsync(jar => jar.Name, new Jar { Id = 2, Name = "one", Code = "c", Count = 1, Colour = "red" }, add: jar => jar.Count));

        Assert.Equal(0, await ScalarAsync("SELECT \"Count\" FROM jars"));
    }

    /// <summary>As UseChangeTrackingProxies makes them: no original values are recorded.</summary>
    [Fact]
    public async Task Entities_that_notify_of_their_changes_take_the_row()
    {
        await using var context = Open();
        var cup = new Cup { Id = 1, Count = 1 };
        context.Add(cup);
        await context.SaveChangesAsync();

        await context.Cups.Where(c => c.Id == 1).TryUpdateReturningAsync(set => set.SetProperty(c => c.Count, c => c.Count + 1));
        Assert.Equal(2, cup.Count);
        context.Increment(cup, c => c.Count, 1);
        await context.SaveChangesWithIncrementsAsync();

        Assert.Equal(3, cup.Count);
        Assert.Equal(EntityState.Unchanged, context.Entry(cup).State);
        Assert.Equal(3, await ScalarAsync("SELECT \"Count\" FROM cups"));
    }

    private static Task ChangeAsync(IQueryable<Box> boxes, string way) => way switch
    {
        "update" => boxes.UpdateReturningAsync(set => set.SetProperty(box => box.Count, box => box.Count + 1)),
        "try update" => boxes.Where(box => box.Id == 2).TryUpdateReturningAsync(set => set.SetProperty(box => box.Count, box => box.Count + 1)),
        _ => boxes.DeleteReturningAsync(),
    };

    private async Task AddAsync(string obstacle)
    {
        await using var context = Open();
        context.Add(new Box { Id = 1, Code = "1", Colour = "red" });
        context.Add(new Box { Id = 2, Code = "2", Colour = "red", Size = obstacle == "a value went" ? new Size { Width = 1, Height = 2 } : null });
        await context.SaveChangesAsync();
    }

    private Task ObstructAsync(string obstacle) => ExecuteAsync("UPDATE boxes SET " + obstacle switch
    {
        "a value came" => "\"Size_Width\" = 1, \"Size_Height\" = 2",
        "a value went" => "\"Size_Width\" = NULL, \"Size_Height\" = NULL",
        "an alternate key" => "\"Code\" = 'other'",
        "a discriminator" => "\"Discriminator\" = 'Crate'",
        _ => "\"Colour\" = 'none'",
    } + " WHERE \"Id\" = 2");

    private async Task<object?> CountsAsync() => await ScalarAsync("SELECT string_agg(\"Count\"::text, ',' ORDER BY \"Id\") FROM boxes") is string text ? text : null;

    private WayBackContext Open() => new(new DbContextOptionsBuilder<WayBackContext>().UseNpgsql(_source).UseTiebreak().Options);

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<object?> ScalarAsync(string sql)
    {
        await using var command = _source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }

    private class Box
    {
        public int Id { get; set; }

        public string Code { get; set; } = "";

        public int Count { get; set; }

        public string Colour { get; set; } = "";

        public Size? Size { get; set; }
    }

    private sealed class Crate : Box
    {
        public int Nails { get; set; }
    }

    private sealed class Size
    {
        public int Width { get; set; }

        public int Height { get; set; }
    }

    private sealed class Jar
    {
        public int Id { get; set; }

        public string Name { get; set; } = "";

        public string Code { get; set; } = "";

        public int Count { get; set; }

        public string Colour { get; set; } = "";
    }

    private sealed class Cup : INotifyPropertyChanging, INotifyPropertyChanged
    {
        public event PropertyChangingEventHandler? PropertyChanging;

        public event PropertyChangedEventHandler? PropertyChanged;

        public int Id
        {
            get;
            set => Set(ref field, value, nameof(Id));
        }

        public int Count
        {
            get;
            set => Set(ref field, value, nameof(Count));
        }

        private void Set(ref int field, int value, string name)
        {
            PropertyChanging?.Invoke(this, new PropertyChangingEventArgs(name));
            field = value;
            PropertyChanged?.Invoke(this, new PropertyChangedEventArgs(name));
        }
    }

    private sealed class WayBackContext(DbContextOptions<WayBackContext> options) : DbContext(options)
    {
        public DbSet<Box> Boxes => Set<Box>();

        public DbSet<Jar> Jars => Set<Jar>();

        public DbSet<Cup> Cups => Set<Cup>();

        protected override void OnModelCreating(ModelBuilder modelBuilder)
        {
            modelBuilder.Entity<Box>(box =>
            {
                box.ToTable("boxes").Property(b => b.Id).ValueGeneratedNever();
                box.HasAlternateKey(b => b.Code);
                box.ComplexProperty(b => b.Size);
                box.Property(b => b.Colour).HasConversion(colour => colour, text => Known(text));
            });
            modelBuilder.Entity<Crate>();
            modelBuilder.Entity<Jar>(jar =>
            {
                jar.ToTable("jars").Property(j => j.Id).ValueGeneratedNever();
                jar.HasAlternateKey(j => j.Code);
                jar.HasIndex(j => j.Name).IsUnique();
                jar.Property(j => j.Colour).HasConversion(colour => colour, text => Known(text));
            });
            modelBuilder.Entity<Cup>(cup =>
            {
                cup.ToTable("cups").Property(c => c.Id).ValueGeneratedNever();
                cup.HasChangeTrackingStrategy(ChangeTrackingStrategy.ChangingAndChangedNotifications);
            });
        }

        private static string Known(string text) => text == "none" ? throw new FormatException("No such colour.") : text;
    }
}
