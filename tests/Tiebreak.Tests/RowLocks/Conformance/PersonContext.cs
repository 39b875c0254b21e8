using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Tests.RowLocks.Conformance;

internal sealed class PersonContext(DbContextOptions<PersonContext> options) : DbContext(options)
{
    public DbSet<Person> People => Set<Person>();

    public DbSet<City> Cities => Set<City>();

    public DbSet<Country> Countries => Set<Country>();

    public DbSet<PersonProfile> Profiles => Set<PersonProfile>();

    public DbSet<UnionLand> UnionLands => Set<UnionLand>();

    public DbSet<UnionCity> UnionCities => Set<UnionCity>();

    public DbSet<Stamp> Stamps => Set<Stamp>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Person>(person =>
        {
            person.ToTable("people");
            person.HasOne(p => p.Born).WithMany().HasForeignKey(p => p.BornId);
            person.HasOne(p => p.Died).WithMany().HasForeignKey(p => p.DiedId);
            person.HasOne(p => p.Profile).WithOne(p => p.Person).HasForeignKey<PersonProfile>(p => p.PersonId);
        });
        modelBuilder.Entity<City>().ToTable("cities");
        modelBuilder.Entity<Country>().ToTable("countries");
        modelBuilder.Entity<PersonProfile>().ToTable("profiles");
        modelBuilder.Entity<ProfileLink>().ToTable("profile_links");
        modelBuilder.Entity<Region>().ToTable("regions").HasQueryFilter(region => region.Open);
        modelBuilder.Entity<Village>().ToTable("villages");
        modelBuilder.Entity<Place>().ToTable("places").UseTptMappingStrategy();
        modelBuilder.Entity<Land>().ToTable("lands");
        modelBuilder.Entity<UnionLand>().ToTable("union_lands");
        modelBuilder.Entity<UnionCity>().ToTable("union_cities");
        modelBuilder.Entity<Document>().ToTable("documents");
        modelBuilder.Entity<Passport>();
        modelBuilder.Entity<Stamp>().ToTable("stamps").HasOne(stamp => stamp.Document).WithMany().HasForeignKey(stamp => stamp.DocumentId);
    }
}
