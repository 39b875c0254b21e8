using Microsoft.EntityFrameworkCore;
using Tiebreak.Leases;

namespace Tiebreak.Mechanisms.Races.Tests;

/// <summary>A box office: what the mechanisms are tried on.</summary>
internal sealed class Box(DbContextOptions<Box> options) : DbContext(options)
{
    public static readonly string[] Schema =
    [
        """
        CREATE TABLE shows (id int PRIMARY KEY, sold int NOT NULL, places int NOT NULL);
        CREATE TABLE prices (id int PRIMARY KEY, cents int NOT NULL);
        CREATE TABLE guests (show_id int NOT NULL, name text NOT NULL, PRIMARY KEY (show_id, name));
        CREATE TABLE names (value text PRIMARY KEY, owner text NOT NULL)
        """,
        LeaseTable.CreateScript(),
    ];

    /// <summary>A show with one place left, a price, one guest, and a lease that nobody holds: the first to ask for one makes its row.</summary>
    public static readonly string[] Given =
    [
        "INSERT INTO shows VALUES (1, 2, 3)",
        "INSERT INTO prices VALUES (1, 100)",
        "INSERT INTO guests VALUES (1, 'zoe')",
        "INSERT INTO leases (name, slot, token, acquisition, expires_at) VALUES ('show/1', 1, 1, '00000000-0000-0000-0000-000000000000', 'epoch')",
    ];

    public DbSet<Show> Shows => Set<Show>();

    public DbSet<Price> Prices => Set<Price>();

    public DbSet<Guest> Guests => Set<Guest>();

    public DbSet<Name> Names => Set<Name>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.UseLeases();
        modelBuilder.Entity<Show>().ToTable("shows").Property(show => show.Id).HasColumnName("id");
        modelBuilder.Entity<Show>().Property(show => show.Sold).HasColumnName("sold");
        modelBuilder.Entity<Show>().Property(show => show.Places).HasColumnName("places");
        modelBuilder.Entity<Price>().ToTable("prices").Property(price => price.Id).HasColumnName("id");
        modelBuilder.Entity<Price>().Property(price => price.Cents).HasColumnName("cents");
        modelBuilder.Entity<Price>().Property(price => price.Version).IsRowVersion();
        modelBuilder.Entity<Guest>().ToTable("guests").HasKey(guest => new { guest.ShowId, guest.Name });
        modelBuilder.Entity<Guest>().Property(guest => guest.ShowId).HasColumnName("show_id");
        modelBuilder.Entity<Guest>().Property(guest => guest.Name).HasColumnName("name");
        modelBuilder.Entity<Name>().ToTable("names").HasKey(name => name.Value);
        modelBuilder.Entity<Name>().Property(name => name.Value).HasColumnName("value");
        modelBuilder.Entity<Name>().Property(name => name.Owner).HasColumnName("owner");
    }
}

/// <summary>Sells <see cref="Places"/> places.</summary>
internal sealed class Show
{
    public int Id { get; set; }

    public int Sold { get; set; }

    public int Places { get; set; }
}

/// <summary>With a version that the database keeps.</summary>
internal sealed class Price
{
    public int Id { get; set; }

    public int Cents { get; set; }

    public uint Version { get; set; }
}

/// <summary>Somebody who has a place.</summary>
internal sealed class Guest
{
    public int ShowId { get; set; }

    public string Name { get; set; } = "";
}

/// <summary>A name that one may have.</summary>
internal sealed class Name
{
    public string Value { get; set; } = "";

    public string Owner { get; set; } = "";
}
