#nullable enable

namespace Tiebreak.Docs.Tests.Snippets;

/// <summary>The names that every snippet may use.</summary>
internal abstract class ShopNames
{
    protected IServiceCollection services = null!;
    protected IDbContextFactory<ShopContext> contexts = null!;
    protected ShopContext db = null!;
    protected CancellationToken ct;
    protected string connectionString = "";
    protected string code = "";
    protected string email = "";
    protected string userId = "";
    protected int id;
    protected int amount;

    /// <summary>What the actors of the explorer's snippets do.</summary>
    protected static Task<object?> EarnAsync(string database, int points) => Task.FromResult<object?>(points);
}

internal sealed class ShopContext(DbContextOptions<ShopContext> options) : DbContext(options)
{
    public DbSet<Account> Accounts => Set<Account>();
    public DbSet<Booking> Bookings => Set<Booking>();
    public DbSet<Concert> Concerts => Set<Concert>();
    public DbSet<Event> Events => Set<Event>();
    public DbSet<Invite> Invites => Set<Invite>();
    public DbSet<Seat> Seats => Set<Seat>();
    public DbSet<Stock> Stocks => Set<Stock>();
    public DbSet<User> Users => Set<User>();
    public DbSet<Use> Uses => Set<Use>();
}

internal static class EarningTwice
{
    public static Race Race { get; } = Race.OnPrivatePostgres();
}

internal sealed class Account
{
    public int Id { get; set; }
    public long Balance { get; set; }
    public int Version { get; set; }
}

internal sealed class Booking
{
    public int Id { get; set; }
    public int ConcertId { get; set; }
    public Concert Concert { get; set; } = null!;
}

internal sealed class Concert
{
    public int Id { get; set; }
    public int Places { get; set; }
    public int Taken { get; set; }
}

internal sealed class Event
{
    public int Id { get; set; }
    public string Name { get; set; } = "";
    public int Places { get; set; }
    public int Taken { get; set; }
    public List<Seat> Seats { get; set; } = [];
}

internal sealed class Invite
{
    public int Id { get; set; }
    public string Code { get; set; } = "";
    public int MaxUses { get; set; }
    public int Used { get; set; }
    public int UsesLeft { get; set; }
}

internal sealed class Seat
{
    public int Id { get; set; }
    public int EventId { get; set; }
    public Event Event { get; set; } = null!;
    public string? TakenBy { get; set; }
    public int Places { get; set; }
    public int Taken { get; set; }
}

internal sealed class Stock
{
    public int Id { get; set; }
    public int Quantity { get; set; }
}

internal sealed class Use
{
    public Guid Id { get; set; }
    public string Code { get; set; } = "";
    public string UserId { get; set; } = "";
}

internal sealed class User
{
    public int Id { get; set; }
    public string Email { get; set; } = "";
    public string Name { get; set; } = "";
    public int Visits { get; set; }
}
